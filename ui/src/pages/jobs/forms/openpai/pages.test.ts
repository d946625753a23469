import { describe, expect, it } from 'vitest';
import { copyName } from './pages';

describe('the name of a clone', () => {
  it('is another one each time', () => {
    expect(copyName('train')).toBe('train-copy');
    expect(copyName('train-copy')).toBe('train-copy-2');
    expect(copyName('train-copy-9')).toBe('train-copy-10');
  });
});
