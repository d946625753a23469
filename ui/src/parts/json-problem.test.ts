import { describe, expect, it } from 'vitest';
import { jsonProblem, objectProblem, positionText } from './json-problem';

describe('jsonProblem', () => {
  it('says nothing of what is JSON', () => {
    expect(jsonProblem('{"a": [1, 2]}')).toBeUndefined();
    expect(objectProblem('{}')).toBeUndefined();
  });

  it('points at the character that is wrong', () => {
    const text = '{\n  "a": 1,\n  b: 2\n}';
    const problem = jsonProblem(text)!;
    expect(text[problem.from]).toBe('b');
    expect(positionText(text, problem.from)).toBe('line 3, column 3');
  });

  it('points at the end of what ends too early', () => {
    expect(jsonProblem('{"a": ')!.from).toBe(5);
  });

  it('takes nothing but an object where one is wanted', () => {
    expect(objectProblem('[1]')!.message).toContain('An object');
    expect(objectProblem('null')).toBeDefined();
  });
});
