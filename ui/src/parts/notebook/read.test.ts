import { describe, expect, it } from 'vitest';
import { readNotebook } from './read';

const notebook = (...cells: unknown[]): string => JSON.stringify({ nbformat: 4, metadata: { kernelspec: { language: 'R' } }, cells });

describe('readNotebook', () => {
  it('reads cells, whose texts may be lists of lines', () => {
    const read = readNotebook(notebook({ cell_type: 'markdown', source: ['# A\n', 'b'] }, { cell_type: 'code', source: 'x', execution_count: 3, outputs: [] }));
    expect(read.language).toBe('r');
    expect(read.cells).toEqual([
      { kind: 'markdown', source: '# A\nb', count: null, outputs: [] },
      { kind: 'code', source: 'x', count: 3, outputs: [] },
    ]);
  });

  it('takes of an output the form that shows most', () => {
    const outputs = [
      { output_type: 'stream', name: 'stderr', text: ['a\n', 'b'] },
      { output_type: 'execute_result', data: { 'text/plain': '1', 'text/html': ['<b>', '1</b>'] } },
      { output_type: 'display_data', data: { 'image/png': 'aGk=\n', 'text/plain': 'a plot' } },
      { output_type: 'error', ename: 'E', evalue: 'v', traceback: [] },
      { output_type: 'unknown' },
    ];
    expect(readNotebook(notebook({ cell_type: 'code', source: '', outputs })).cells[0]!.outputs).toEqual([
      { kind: 'text', text: 'a\nb', isError: true },
      { kind: 'html', html: '<b>1</b>' },
      { kind: 'image', src: 'data:image/png;base64,aGk=', alt: 'a plot' },
      { kind: 'text', text: 'E: v', isError: true },
    ]);
  });

  it('refuses what is no notebook', () => {
    expect(() => readNotebook('{}')).toThrow('no cells');
    expect(() => readNotebook('{"worksheets": []}')).toThrow('2014');
  });
});
