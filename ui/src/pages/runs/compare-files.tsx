import { Badge, Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, call } from '../../api/client';
import type { Run } from '../../api/types';
import { Diff } from '../../parts/diff';
import { Empty, ErrorBox, Loading } from '../../parts/page';
import { languageOf, runFileAddress, sizeText, textOf } from './run-files';

interface Entry {
  path: string;
  a_bytes?: number;
  b_bytes?: number;
  change: 'added' | 'removed' | 'changed';
}

/** The files two runs worked with: which differ, and each of those as a diff. */
export function CompareFiles({ a, b }: { a: Run; b: Run }) {
  const [chosen, setChosen] = useState<Entry>();
  const query = useQuery({ queryKey: ['compare', a.id, b.id, 'files'], retry: false, queryFn: () => call<{ entries: Entry[]; capped: boolean }>('GET', `/api/yard/v1/compare/files?a=${a.id}&b=${b.id}`) });
  if (query.error) return query.error instanceof ApiError && [400, 404, 409].includes(query.error.status) ? <Empty title="There are no files to compare">{query.error.message}</Empty> : <ErrorBox error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading rows={4} />;
  if (query.data.entries.length === 0) return <Empty title="The files are the same">Both runs worked with the same code and data.</Empty>;
  return (
    <div>
      {chosen ? (
        <>
          <Group mb="xs">
            <Button size="xs" variant="default" onClick={() => setChosen(undefined)}>
              Back to the files
            </Button>
            <Text size="sm" className="mono breaks">
              {chosen.path}
            </Text>
          </Group>
          <FileDiff key={chosen.path} a={a.id} b={b.id} entry={chosen} />
        </>
      ) : (
        <>
          <div className="card">
            {query.data.entries.slice(0, 1000).map((entry) => (
              <button key={entry.path} type="button" className="file-row" onClick={() => setChosen(entry)}>
                <Badge variant="default" tt="none" className={`state-${entry.change === 'added' ? 'green' : entry.change === 'removed' ? 'red' : 'yellow'}`} w={86} style={{ flex: 'none' }}>
                  {entry.change === 'added' ? 'only in B' : entry.change === 'removed' ? 'only in A' : 'changed'}
                </Badge>
                <span className="file-name mono">{entry.path}</span>
                <span className="tabular file-size">
                  {entry.a_bytes !== undefined ? sizeText(entry.a_bytes) : '–'} → {entry.b_bytes !== undefined ? sizeText(entry.b_bytes) : '–'}
                </span>
              </button>
            ))}
          </div>
          {(query.data.capped || query.data.entries.length > 1000) && (
            <Text size="sm" mt="xs" c="var(--text-muted)">
              There are more differences than are listed.
            </Text>
          )}
        </>
      )}
    </div>
  );
}

const most = 1024 * 1024;

function FileDiff({ a, b, entry }: { a: number; b: number; entry: Entry }) {
  const isSmall = (entry.a_bytes ?? 0) <= most && (entry.b_bytes ?? 0) <= most;
  const query = useQuery({
    queryKey: ['compare', a, b, 'file', entry.path],
    enabled: isSmall,
    queryFn: () => Promise.all([entry.change === 'added' ? '' : textOf(`${runFileAddress(a, entry.path)}?frozen=true`), entry.change === 'removed' ? '' : textOf(`${runFileAddress(b, entry.path)}?frozen=true`)]),
  });
  if (!isSmall) return <Empty title="These files are too large to be compared here">Download them from the runs' pages.</Empty>;
  if (query.error) return <ErrorBox error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading />;
  const [one, two] = query.data;
  if (one === null || two === null) return <Empty title="These files are no texts">Download them from the runs' pages.</Empty>;
  return <Diff a={one!} b={two!} language={languageOf(entry.path)} label={entry.path} />;
}
