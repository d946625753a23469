import { describe, expect, it } from 'vitest';
import { joinWords, splitWords } from './words';

describe('words of a command', () => {
  it('are parted as a shell parts them, and nothing is expanded', () => {
    expect(splitWords(`python  train.py --name "a b" 'c "d"' e\\ f "" $HOME`)).toEqual(['python', 'train.py', '--name', 'a b', 'c "d"', 'e f', '', '$HOME']);
    expect(splitWords('  ')).toEqual([]);
  });

  it('come back as they were', () => {
    const words = ['sh', '-c', `echo "it's $X"\necho 2`, '', '${{ parameters.day }}', 'a\\b'];
    expect(splitWords(joinWords(words))).toEqual(words);
  });
});
