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

  it('agrees with the browser on what is JSON', () => {
    const texts = ['1', '-0.5e+3', '"a\\u00e9\\n"', '[]', '{}', '[1, {"a": null}, [true]] ', '01', '+1', '1.', '"a\nb"', "{'a': 1}", '[1,]', '{"a":1,}', '{"a"}', '[1 2]', 'nul', '"a', '{"a":1}x', '[', '"\\x"', '\u00a01', '"\u2028"'];
    for (const text of texts) {
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      expect([text, jsonProblem(text) === undefined]).toEqual([text, isJson]);
    }
  });

  it('points at a value without quotes', () => {
    const text = '{\n  "vegetable": carrot\n}';
    expect(positionText(text, jsonProblem(text)!.from)).toBe('line 2, column 16');
  });

  it('points at the end of what ends too early', () => {
    expect(jsonProblem('{"a": ')!.from).toBe(6);
    expect(jsonProblem('')!.from).toBe(0);
  });

  it('takes nothing but an object where one is wanted', () => {
    expect(objectProblem('[1]')!.message).toContain('An object');
    expect(objectProblem('null')).toBeDefined();
  });
});
