import { Anchor, Breadcrumbs, Button, Group, Text } from '@mantine/core';
import { IconDownload, IconFile, IconFolder } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, call } from '../../api/client';
import { Code } from '../../parts/code';
import { Empty, ErrorBox, Loading } from '../../parts/page';
import { Time } from '../../parts/time';
import { PageFrame } from './page-frame';

interface Entry {
  name: string;
  kind: string;
  bytes: number;
  changed_at?: string;
}

interface FilePage {
  entries: Entry[];
  next_after?: string;
}

/** More than this is downloaded rather than shown. */
const mostShown = 2 * 1024 * 1024;

/** Where a file of a run is read. */
export const runFileAddress = (runId: number, path: string): string => `/api/yard/v1/runs/${runId}/files/${path.split('/').map(encodeURIComponent).join('/')}`;

/** The files of a run's copy, to look through, read and download. */
export function RunFiles({ runId, path: first }: { runId: number; path: string }) {
  const [path, setPath] = useState(first);
  const [file, setFile] = useState<Entry>();
  const query = useInfiniteQuery({
    queryKey: ['run', runId, 'files', path],
    initialPageParam: '',
    retry: false,
    queryFn: ({ pageParam }) => call<FilePage>('GET', `${runFileAddress(runId, path)}?limit=500${pageParam ? `&after=${encodeURIComponent(pageParam)}` : ''}`),
    getNextPageParam: (last) => last.next_after,
  });
  const go = (to: string): void => {
    setPath(to);
    setFile(undefined);
  };
  if (query.error) return query.error instanceof ApiError && query.error.status === 404 && path === '' ? <Empty title="This run has no files of its own">{query.error.message}</Empty> : <ErrorBox error={query.error} retry={() => void query.refetch()} />;
  const parts = path === '' ? [] : path.split('/');
  const entries = query.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <div>
      <Breadcrumbs mb="xs" separatorMargin={4} style={{ flexWrap: 'wrap' }}>
        <Anchor component="button" type="button" size="sm" onClick={() => go('')}>
          Files of the run
        </Anchor>
        {parts.map((part, index) => (
          <Anchor key={index} component="button" type="button" size="sm" onClick={() => go(parts.slice(0, index + 1).join('/'))}>
            {part}
          </Anchor>
        ))}
        {file && <Text size="sm">{file.name}</Text>}
      </Breadcrumbs>
      {file ? (
        <OneFile runId={runId} path={path === '' ? file.name : `${path}/${file.name}`} bytes={file.bytes} onClose={() => setFile(undefined)} />
      ) : query.isPending ? (
        <Loading rows={4} height={30} />
      ) : (
        <div className="card">
          {entries.length === 0 && <Empty title="Nothing lies here" />}
          {entries.map((entry) => (
            <button key={entry.name} type="button" className="file-row" onClick={() => (entry.kind === 'directory' ? go(path === '' ? entry.name : `${path}/${entry.name}`) : setFile(entry))}>
              {entry.kind === 'directory' ? <IconFolder size={16} aria-label="Directory" /> : <IconFile size={16} aria-label="File" />}
              <span className="file-name">{entry.name}</span>
              <span className="tabular file-size">{entry.kind === 'directory' ? '' : sizeText(entry.bytes)}</span>
              <span className="file-time">{entry.changed_at && <Time at={entry.changed_at} />}</span>
            </button>
          ))}
          {query.hasNextPage && (
            <Button m="xs" size="xs" variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              Show more
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

const languages: Record<string, string> = { json: 'json', orchest: 'json', ipynb: 'json', py: 'python', yaml: 'yaml', yml: 'yaml', sql: 'sql', r: 'r', sh: 'sh' };

/** The language of a file by its name. */
export const languageOf = (path: string): string | undefined => languages[/\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? ''];

function OneFile({ runId, path, bytes, onClose }: { runId: number; path: string; bytes: number; onClose: () => void }) {
  const extension = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  const isImage = ['png', 'jpg', 'jpeg', 'gif', 'webp'].includes(extension);
  const isSmall = bytes <= mostShown;
  const text = useQuery({
    queryKey: ['run', runId, 'file', path],
    enabled: isSmall && !isImage,
    queryFn: () => textOf(runFileAddress(runId, path)),
  });
  return (
    <div>
      <Group mb="xs">
        <Button size="xs" variant="default" onClick={onClose}>
          Back to the files
        </Button>
        <Button size="xs" variant="default" component="a" href={runFileAddress(runId, path)} download={path.split('/').at(-1)} leftSection={<IconDownload size={14} aria-hidden />}>
          Download ({sizeText(bytes)})
        </Button>
      </Group>
      {!isSmall ? (
        <Empty title="This file is too large to be shown">Download it to read it.</Empty>
      ) : isImage ? (
        <img src={runFileAddress(runId, path)} alt={path} style={{ maxWidth: '100%' }} className="card" />
      ) : text.error ? (
        <ErrorBox error={text.error} />
      ) : text.data === undefined ? (
        <Loading />
      ) : text.data === null ? (
        <Empty title="This file is no text">Download it to use it.</Empty>
      ) : extension === 'html' ? (
        <PageFrame html={text.data} label={path} />
      ) : (
        <Code value={text.data} language={languageOf(path)} label={path} />
      )}
    </div>
  );
}

/** A file's text, or null if it holds bytes that no text has. */
export async function textOf(address: string): Promise<string | null> {
  const response = await fetch(address);
  if (!response.ok) throw new ApiError(response.status, (await response.text()).slice(0, 300), String(response.status));
  const text = await response.text();
  return text.includes('\0') ? null : text;
}

export const sizeText = (bytes: number): string => (bytes < 1024 ? `${bytes} bytes` : bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1048576).toFixed(1)} MiB`);
