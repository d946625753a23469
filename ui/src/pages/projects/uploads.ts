import { useRef, useState } from 'react';

/** A file on its way to the server. */
export interface Upload {
  name: string;
  sent: number;
  bytes: number;
  state: 'waiting' | 'sending' | 'done' | 'failed';
  problem?: string;
}

/** A file that was chosen or dropped, and its path below the directory it goes to. */
export interface Chosen {
  path: string;
  file: File;
}

/** Files of what was dropped; folders are walked through. Must be called while the drop is handled. */
export async function dropped(items: DataTransferItemList): Promise<Chosen[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry): entry is FileSystemEntry => entry !== null);
  return (await Promise.all(entries.map((entry) => filesOf(entry, '')))).flat();
}

async function filesOf(entry: FileSystemEntry, above: string): Promise<Chosen[]> {
  const path = above + entry.name;
  if (entry.isFile) return [{ path, file: await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)) }];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Chosen[] = [];
  // A reader gives a hundred at a time, and none when it is through.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return found;
    for (const one of some) found.push(...(await filesOf(one, `${path}/`)));
  }
}

/** Uploads files one after the other, saying how far each is; `fetch` cannot say. */
export function useUploads(addressOf: (path: string) => string, onDone: () => void): { uploads: readonly Upload[]; add: (files: readonly Chosen[]) => void; clear: () => void } {
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  const queue = useRef<Chosen[]>([]);
  const isBusy = useRef(false);
  const set = (name: string, part: Partial<Upload>): void => setUploads((all) => all.map((one) => (one.name === name && one.state !== 'done' && one.state !== 'failed' ? { ...one, ...part } : one)));
  const work = async (): Promise<void> => {
    if (isBusy.current) return;
    isBusy.current = true;
    for (let next = queue.current.shift(); next; next = queue.current.shift()) {
      const { path, file } = next;
      set(path, { state: 'sending' });
      const problem = await send(addressOf(path), file, (sent) => set(path, { sent }));
      set(path, problem === undefined ? { state: 'done', sent: file.size } : { state: 'failed', problem });
      onDone();
    }
    isBusy.current = false;
  };
  return {
    uploads,
    add: (files) => {
      queue.current.push(...files);
      setUploads((all) => [...all, ...files.map(({ path, file }): Upload => ({ name: path, sent: 0, bytes: file.size, state: 'waiting' }))]);
      void work();
    },
    clear: () => setUploads((all) => all.filter((one) => one.state === 'waiting' || one.state === 'sending')),
  };
}

/** Why it did not arrive; undefined when it did. */
function send(address: string, file: File, onProgress: (sent: number) => void): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open('PUT', address);
    request.setRequestHeader('X-Yard-Request', '1');
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => resolve(request.status < 300 ? undefined : reasonOf(request));
    request.onerror = () => resolve('The server could not be reached.');
    request.send(file);
  });
}

function reasonOf(request: XMLHttpRequest): string {
  try {
    const body = JSON.parse(request.responseText) as { message?: unknown };
    return typeof body.message === 'string' ? body.message : `The server answered ${request.status}.`;
  } catch {
    return `The server answered ${request.status}.`;
  }
}
