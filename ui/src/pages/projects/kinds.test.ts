import { describe, expect, it } from 'vitest';
import { crumbsOf, isScript, kindOf, languageOf, textOf } from './kinds';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('kinds of files', () => {
  it('go by the ending of the name', () => {
    expect(['a.ipynb', 'main.orchest', 'x.PNG', 'README.md', 'a.b.py', 'Makefile', '.gitignore'].map(kindOf)).toEqual(['notebook', 'pipeline', 'image', 'markdown', 'text', 'text', 'text']);
    expect(languageOf('clean.R')).toBe('r');
    expect(isScript('fit.r') && isScript('a.ipynb') && !isScript('data.csv')).toBe(true);
  });
});

describe('textOf', () => {
  it('takes text and leaves bytes', () => {
    expect(textOf(bytes('grün\n'), true)).toBe('grün\n');
    expect(textOf(new Uint8Array([0x50, 0x4b, 0, 4]), true)).toBeUndefined();
    expect(textOf(new Uint8Array([0xff, 0xfe]), true)).toBeUndefined();
  });

  it('leaves out the line and the character that were cut', () => {
    const whole = bytes('one\ntwü');
    expect(textOf(whole.slice(0, whole.length - 1), false)).toBe('one\n');
    expect(textOf(whole.slice(4, whole.length - 1), false)).toBe('tw');
  });
});

it('crumbs are the names on the way', () => {
  expect(crumbsOf('a/b c/d')).toEqual([{ name: 'a', path: 'a' }, { name: 'b c', path: 'a/b c' }, { name: 'd', path: 'a/b c/d' }]);
});
