import { describe, expect, it } from 'vitest';
import { bare, overwritten, spansOf } from './ansi';

describe('spansOf', () => {
  it('leaves a plain line as it is', () => {
    expect(spansOf('a <b> & c')).toEqual([{ text: 'a <b> & c', look: '' }]);
    expect(spansOf('')).toEqual([]);
  });

  it('colours by class, and goes back', () => {
    expect(spansOf('\u001b[1;31mError\u001b[0m: \u001b[92mfine\u001b[39m')).toEqual([
      { text: 'Error', look: 'ansi-1 ansi-bold' },
      { text: ': ', look: '' },
      { text: 'fine', look: 'ansi-10' },
    ]);
  });

  it('knows the 256 colours and true colour', () => {
    expect(spansOf('\u001b[38;5;208mx\u001b[48;2;1;2;3my')).toEqual([
      { text: 'x', look: '', color: 'rgb(255,135,0)' },
      { text: 'y', look: '', color: 'rgb(255,135,0)', background: 'rgb(1,2,3)' },
    ]);
  });

  it('leaves out what moves the cursor, and links', () => {
    expect(bare('\u001b[2K\u001b[1Ga\u001b]8;;http://x\u0007b\u001b]8;;\u0007\u0000c')).toBe('abc');
    expect(spansOf('\u001b[2Kab')).toEqual([{ text: 'ab', look: '' }]);
  });

  it('shows what a progress bar wrote last', () => {
    expect(overwritten('\r 1%\r 50%\r100%')).toBe('100%');
    expect(overwritten('100%\r')).toBe('100%');
    expect(overwritten('done\r\r')).toBe('done');
  });
});
