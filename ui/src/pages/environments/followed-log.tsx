import { Text } from '@mantine/core';
import { AnsiUp } from 'ansi_up';
import { useEffect, useMemo, useRef, useState } from 'react';
import './log.css';

/** What is kept of a log that grows; builds seldom write more, and the attempt's page has all of it. */
const mostKept = 400_000;

/** A log as it grows, to its end; it stays at the bottom unless somebody scrolls up. */
export function FollowedLog({ attempt, label, waiting }: { attempt: number; label: string; waiting: string | undefined }) {
  const [text, setText] = useState('');
  const [isDone, setDone] = useState(false);
  const place = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    const stop = new AbortController();
    void follow(attempt, stop.signal, (more) => setText((all) => (all + more).slice(-mostKept))).then((ended) => ended && setDone(true));
    return () => stop.abort();
  }, [attempt]);
  useEffect(() => {
    const shown = place.current;
    if (shown && isAtEnd.current) shown.scrollTop = shown.scrollHeight;
  }, [text]);
  const html = useMemo(() => {
    const ansi = new AnsiUp();
    ansi.use_classes = true;
    return ansi.ansi_to_html(text);
  }, [text]);
  return (
    <div>
      <pre
        ref={place}
        className="card followed-log"
        tabIndex={0}
        role="log"
        aria-label={label}
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          isAtEnd.current = scrollHeight - scrollTop - clientHeight < 24;
        }}
        dangerouslySetInnerHTML={{ __html: html }}
      />
      <Text size="sm" c="var(--text-muted)" mih={22}>
        {isDone ? 'This is all.' : (waiting ?? 'Following…')}
      </Text>
    </div>
  );
}

/** Reads a log until its attempt has ended; a connection that breaks is taken up where it was. */
async function follow(attempt: number, stop: AbortSignal, tell: (text: string) => void): Promise<boolean> {
  let offset = 0;
  while (!stop.aborted) {
    try {
      const response = await fetch(`/api/yard/v1/attempts/${attempt}/log/follow?offset=${offset}`, { signal: stop, headers: { Accept: 'text/plain' } });
      if (!response.ok || !response.body) throw new Error(String(response.status));
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return true;
        offset += value.length;
        tell(decoder.decode(value, { stream: true }));
      }
    } catch {
      if (stop.aborted) return false;
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
  }
  return false;
}
