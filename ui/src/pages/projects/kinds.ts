/** How a file is shown. */
export type FileKind = 'notebook' | 'pipeline' | 'image' | 'markdown' | 'text';

const images: Record<string, string> = { png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', gif: 'image/gif', webp: 'image/webp', svg: 'image/svg+xml', bmp: 'image/bmp', ico: 'image/x-icon' };
const languages: Record<string, string> = { py: 'python', json: 'json', orchest: 'json', ipynb: 'json', yml: 'yaml', yaml: 'yaml', sql: 'sql', r: 'r', sh: 'sh', bash: 'sh' };

/** What is behind the last dot of a name, in small letters. */
export const endingOf = (name: string): string => /\.([^./]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';

export function kindOf(name: string): FileKind {
  const ending = endingOf(name);
  if (ending === 'ipynb') return 'notebook';
  if (ending === 'orchest') return 'pipeline';
  if (ending in images) return 'image';
  return ending === 'md' || ending === 'markdown' ? 'markdown' : 'text';
}

export const imageType = (name: string): string => images[endingOf(name)] ?? 'application/octet-stream';

/** The language whose colours a text gets. */
export const languageOf = (name: string): string | undefined => languages[endingOf(name)];

/** Whether Cloudera jobs can run a file. */
export const isScript = (name: string): boolean => ['py', 'ipynb', 'sh', 'r'].includes(endingOf(name));

/** A text from the first bytes of a file; undefined where they are none. A last character or line that was cut is left out. */
export function textOf(bytes: Uint8Array, whole: boolean): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !whole });
    const end = text.lastIndexOf('\n');
    return whole || end < 0 ? text : text.slice(0, end + 1);
  } catch {
    return undefined;
  }
}

/** A path and the paths above it, with their names: what breadcrumbs show. */
export function crumbsOf(path: string): { name: string; path: string }[] {
  const parts = path.split('/').filter(Boolean);
  return parts.map((name, index) => ({ name, path: parts.slice(0, index + 1).join('/') }));
}

/** The path of a name in a directory. */
export const within = (directory: string, name: string): string => (directory ? `${directory}/${name}` : name);

/** The directory a path lies in. */
export const above = (path: string): string => path.split('/').slice(0, -1).join('/');
