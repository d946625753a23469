import { ActionIcon, Group, Loader, Text, TextInput, Tooltip } from '@mantine/core';
import { IconChevronDown, IconChevronUp, IconList, IconSearch, IconX } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { call } from '../../api/client';
import { failed } from '../actions';
import { bare } from './ansi';

/** A line in which the server found a text. */
export interface Hit {
  /** From 0. */
  line: number;
  text: string;
}

/** As many as the server gives at once. */
const most = 1000;

/** What is looked for in a log, and the hits so far. */
export interface Search {
  text: string;
  hits: Hit[];
  at: number;
  isWhole: boolean;
}

/** Looks for a text in a whole log, on the server. */
export function LogSearch({ attemptId, search, onSearch, onLine }: { attemptId: number; search: Search | undefined; onSearch: (search: Search | undefined) => void; onLine: (line: number) => void }) {
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [isListed, setListed] = useState(false);
  const asked = useRef(0);
  useEffect(() => () => void asked.current++, []);

  const hitsFrom = async (line: number): Promise<Hit[]> => {
    const query = new URLSearchParams({ search: text, line: String(line) });
    return (await call<{ hits: Hit[] }>('GET', `/api/yard/v1/attempts/${attemptId}/log?${query}`)).hits;
  };
  const go = (found: Search, at: number): void => {
    onSearch({ ...found, at });
    const hit = found.hits[at];
    if (hit) onLine(hit.line);
  };
  const run = async (work: () => Promise<void>): Promise<void> => {
    const own = ++asked.current;
    setBusy(true);
    try {
      await work();
    } catch (error) {
      if (own === asked.current) failed(error, 'The log could not be searched');
    } finally {
      if (own === asked.current) setBusy(false);
    }
  };
  const begin = (): void => {
    const line = /^:(\d+)$/.exec(text.trim())?.[1];
    if (text === '') onSearch(undefined);
    else if (line) onLine(Math.max(0, Number(line) - 1));
    else if (search?.text === text) step(1);
    else
      void run(async () => {
        const hits = await hitsFrom(0);
        go({ text, hits, at: 0, isWhole: hits.length < most }, 0);
      });
  };
  const step = (by: 1 | -1): void => {
    if (!search || search.hits.length === 0) return;
    const next = search.at + by;
    if (next < search.hits.length || search.isWhole) {
      go(search, (next + search.hits.length) % search.hits.length);
      return;
    }
    void run(async () => {
      const more = await hitsFrom(search.hits.at(-1)!.line + 1);
      // Only so many are kept: memory is for lines.
      const hits = [...search.hits, ...more].slice(-5 * most);
      go({ ...search, hits, isWhole: more.length < most }, hits.length - more.length);
    });
  };
  const close = (): void => {
    setText('');
    setListed(false);
    onSearch(undefined);
  };

  return (
    <>
      <TextInput
        size="xs"
        w={210}
        style={{ flex: '1 1 150px', maxWidth: 320 }}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && event.shiftKey) step(-1);
          else if (event.key === 'Enter') begin();
          else if (event.key === 'Escape') close();
        }}
        maxLength={1000}
        placeholder="Search the log, or :line"
        aria-label="Search the log; a colon and a number goes to a line"
        leftSection={busy ? <Loader size={12} /> : <IconSearch size={13} aria-hidden />}
        rightSection={
          search ? (
            <ActionIcon variant="subtle" color="gray" size="xs" aria-label="End the search" onClick={close}>
              <IconX size={13} aria-hidden />
            </ActionIcon>
          ) : null
        }
      />
      {search && (
        <Group gap={2} wrap="nowrap">
          <Text size="xs" className="nowrap tabular" role="status" c={search.hits.length === 0 ? 'var(--state-red)' : undefined}>
            {search.hits.length === 0 ? 'Not found' : `${search.at + 1} of ${search.hits.length.toLocaleString()}${search.isWhole ? '' : '+'}`}
          </Text>
          {search.hits.length > 0 && (
            <>
              <Tooltip label="Previous (Shift+Enter)">
                <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Previous hit" onClick={() => step(-1)}>
                  <IconChevronUp size={15} aria-hidden />
                </ActionIcon>
              </Tooltip>
              <Tooltip label="Next (Enter)">
                <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Next hit" onClick={() => step(1)}>
                  <IconChevronDown size={15} aria-hidden />
                </ActionIcon>
              </Tooltip>
              <Tooltip label="List the hits">
                <ActionIcon variant={isListed ? 'light' : 'subtle'} color="gray" size="sm" aria-label="List the hits" aria-pressed={isListed} onClick={() => setListed(!isListed)}>
                  <IconList size={15} aria-hidden />
                </ActionIcon>
              </Tooltip>
            </>
          )}
        </Group>
      )}
      {search && isListed && search.hits.length > 0 && (
        <div className="log-hits card" style={{ flexBasis: '100%' }} role="group" aria-label="Hits">
          {search.hits.slice(0, 300).map((hit, index) => (
            <button key={hit.line} type="button" className={`log-hit${index === search.at ? ' log-hit-chosen' : ''}`} onClick={() => go(search, index)}>
              <span className="tabular" style={{ color: 'var(--text-muted)' }}>
                {hit.line + 1}
              </span>
              <span>{bare(hit.text).slice(0, 300)}</span>
            </button>
          ))}
          {search.hits.length > 300 && <div className="log-hit">The next ones are reached with Next.</div>}
        </div>
      )}
    </>
  );
}
