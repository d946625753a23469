/** A notebook as pages show it. */
export interface Notebook {
  language: string;
  cells: Cell[];
}

export interface Cell {
  kind: 'markdown' | 'code' | 'raw';
  source: string;
  /** The number that stands beside a cell which was run. */
  count: number | null;
  outputs: Output[];
}

export type Output =
  | { kind: 'text'; text: string; isError: boolean }
  | { kind: 'image'; src: string; alt: string }
  | { kind: 'html'; html: string }
  | { kind: 'markdown'; text: string };

type Fields = Record<string, unknown>;

const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** A text, which notebooks may write as a list of lines. */
const joined = (value: unknown): string => (Array.isArray(value) ? value.join('') : typeof value === 'string' ? value : '');

/** Reads the text of an .ipynb file; throws where it is none. */
export function readNotebook(text: string): Notebook {
  const file = fields(JSON.parse(text));
  if (!Array.isArray(file.cells)) throw new Error(file.worksheets ? 'This notebook has the format of before 2014; open it once in Jupyter and save it.' : 'This file is no notebook: it has no cells.');
  const meta = fields(file.metadata);
  const language = fields(meta.language_info).name ?? fields(meta.kernelspec).language;
  return { language: typeof language === 'string' ? language.toLowerCase() : 'python', cells: file.cells.map(cellOf) };
}

function cellOf(value: unknown): Cell {
  const cell = fields(value);
  const kind = cell.cell_type === 'markdown' || cell.cell_type === 'code' ? cell.cell_type : 'raw';
  return {
    kind,
    source: joined(cell.source),
    count: typeof cell.execution_count === 'number' ? cell.execution_count : null,
    outputs: kind === 'code' ? list(cell.outputs).flatMap(outputOf) : [],
  };
}

function outputOf(value: unknown): Output[] {
  const output = fields(value);
  switch (output.output_type) {
    case 'stream':
      return [{ kind: 'text', text: joined(output.text), isError: output.name === 'stderr' }];
    case 'error': {
      const trace = list(output.traceback).join('\n');
      return [{ kind: 'text', text: trace || `${joined(output.ename)}: ${joined(output.evalue)}`, isError: true }];
    }
    case 'display_data':
    case 'execute_result':
      return bestOf(fields(output.data));
    default:
      return [];
  }
}

/** Of the forms an output comes in, the one that shows most. */
function bestOf(data: Fields): Output[] {
  const alt = joined(data['text/plain']);
  if (data['text/html'] !== undefined) return [{ kind: 'html', html: joined(data['text/html']) }];
  if (data['image/svg+xml'] !== undefined) return [{ kind: 'image', src: `data:image/svg+xml;utf8,${encodeURIComponent(joined(data['image/svg+xml']))}`, alt }];
  for (const type of ['image/png', 'image/jpeg', 'image/gif']) if (data[type] !== undefined) return [{ kind: 'image', src: `data:${type};base64,${joined(data[type]).replace(/\s/g, '')}`, alt }];
  if (data['text/markdown'] !== undefined) return [{ kind: 'markdown', text: joined(data['text/markdown']) }];
  if (data['application/json'] !== undefined && !alt) return [{ kind: 'text', text: JSON.stringify(data['application/json'], null, 2), isError: false }];
  return alt ? [{ kind: 'text', text: alt, isError: false }] : [];
}
