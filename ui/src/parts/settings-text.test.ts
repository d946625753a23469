import { describe, expect, it } from 'vitest';
import { placeProblems, readSettings, writeSettings } from './settings-text';

const settings = { name: 'nightly', tasks: [{ key: 'a', command: ['sh', '-c', 'echo "hi"\necho'] }], parameters: { day: '01', on: 'yes' } };

describe('settings as a text', () => {
  it('is the same in both formats', () => {
    for (const format of ['json', 'yaml'] as const) expect(readSettings(writeSettings(settings, format), format)).toEqual({ value: settings, problems: [] });
  });

  it('says where a mistake is', () => {
    const text = '{\n  "name": "a",\n  "tasks": [}\n}';
    const { value, problems } = readSettings(text, 'json');
    expect(value).toBeUndefined();
    expect(text.slice(problems[0]!.from).startsWith('}')).toBe(true);
    expect(readSettings('a: [1', 'yaml').problems.length).toBeGreaterThan(0);
    expect(readSettings('a: 1\na: 2', 'yaml').problems[0]!.from).toBeGreaterThan(0);
  });

  it('is an object', () => {
    expect(readSettings('- 1', 'yaml').problems).toHaveLength(1);
    expect(readSettings('', 'yaml').problems).toHaveLength(1);
    expect(readSettings('[]', 'json').problems).toHaveLength(1);
  });

  it('shows what the server says at its place, in both formats', () => {
    for (const format of ['json', 'yaml'] as const) {
      const text = writeSettings(settings, format);
      const marked = (field: string) => {
        const [problem] = placeProblems(text, [{ message: 'no', field }]);
        return text.slice(problem!.from, problem!.to);
      };
      expect(marked('name')).toContain('nightly');
      expect(marked('tasks[0].command[1]')).toContain('-c');
      expect(marked('tasks[0].command')).toContain('command');
      expect(marked('parameters.day')).toContain('01');
      // What is not there yet is marked where it would stand.
      expect(marked('tasks[0].depends_on[0]')).toHaveLength(1);
      expect(marked('schedule.cron')).toHaveLength(1);
    }
  });

  it('has room for five hundred tasks', () => {
    const many = writeSettings({ tasks: Array.from({ length: 500 }, (_, index) => ({ key: `t${index}`, command: ['true'] })) }, 'yaml');
    expect(readSettings(many, 'yaml').problems).toEqual([]);
    expect(many.slice(placeProblems(many, [{ message: 'no', field: 'tasks[499].key' }])[0]!.from)).toMatch(/^t499/);
  });
});
