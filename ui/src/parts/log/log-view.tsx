import { ActionIcon, Button, Group, Text, Tooltip } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { IconArrowBarDown, IconArrowBarUp, IconBug, IconDownload, IconMaximize, IconTextWrap } from '@tabler/icons-react';
import { useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { ApiError, call } from '../../api/client';
import { isTaskEnded } from '../../api/types';
import { failed, told } from '../actions';
import { IconLink } from '../links';
import { ErrorBox, Loading } from '../page';
import { LogLines, type Jump } from './lines';
import './log.css';
import { LogSearch, type Search } from './search';
import { LogSource } from './source';

export interface LogViewProps {
  attemptId: number;
  /** What the log is of, for those who hear the page. */
  label: string;
  /** The attempt's state as the page knows it; a change of it is looked at. */
  state?: string | undefined;
  /** A line to show and mark, from 1. */
  line?: number | undefined;
  onLine?: ((line: number) => void) | undefined;
  /** Whether there is a button that leads to the log on a page of its own. */
  isPart?: boolean | undefined;
  /** The first line in view, and one to bring there: from 0. */
  onTop?: ((line: number) => void) | undefined;
  jump?: Jump | undefined;
}

/** An attempt's log: live, of any length, with search. It fills its parent's height. */
export function LogView({ attemptId, label, state, line, onLine, isPart, onTop, jump: wish }: LogViewProps) {
  const [source, setSource] = useState<LogSource>();
  useEffect(() => {
    const made = new LogSource(attemptId);
    setSource(made);
    void made.open();
    // A browser has six connections to a server for all its tabs: hidden ones let theirs go.
    const seen = (): void => (document.hidden ? made.rest() : void made.open());
    document.addEventListener('visibilitychange', seen);
    return () => {
      document.removeEventListener('visibilitychange', seen);
      made.close();
    };
  }, [attemptId]);
  useEffect(() => void source?.open(), [source, state]);
  return (
    <div className="log card">{source ? <Opened key={source.attemptId} source={source} label={label} line={line} onLine={onLine} isPart={isPart} onTop={onTop} wish={wish} /> : <Loading rows={4} height={18} />}</div>
  );
}

function Opened({ source, label, line, onLine, isPart, onTop, wish }: Pick<LogViewProps, 'label' | 'line' | 'onLine' | 'isPart' | 'onTop'> & { source: LogSource; wish: Jump | undefined }) {
  useSyncExternalStore(source.subscribe, source.version);
  const [wraps, setWraps] = useLocalStorage({ key: 'switchyard-log-wraps', defaultValue: false, getInitialValueInEffect: false });
  const [isPinned, setPinned] = useState<boolean>();
  const [chosen, setChosen] = useState(line === undefined ? undefined : line - 1);
  const [jump, setJump] = useState<Jump | undefined>(line === undefined ? undefined : { line: line - 1 });
  const [search, setSearch] = useState<Search>();
  // One that lives is followed at its end until somebody looks elsewhere; one that ended is read from its beginning.
  const pinned = isPinned ?? (line === undefined && source.ready && !source.complete);
  useEffect(() => {
    if (isPinned === undefined && source.ready && source.rows > 0) setPinned(pinned);
  }, [isPinned, pinned, source.ready, source.rows]);
  useEffect(() => {
    if (!wish) return;
    setPinned(false);
    setJump(wish);
  }, [wish]);

  const goTo = (to: number): void => {
    setPinned(false);
    setChosen(to);
    setJump({ line: to });
    onLine?.(to + 1);
  };
  const firstError = (): void => {
    call<{ line: number }>('GET', `/api/yard/v1/attempts/${source.attemptId}/log/first-error`).then(
      (found) => goTo(found.line),
      (error: unknown) => (error instanceof ApiError && error.status === 404 ? told('No line looks like an error.') : failed(error)),
    );
  };

  if (!source.ready) return source.error ? <ErrorBox error={source.error} title="The log cannot be read" /> : <Loading rows={4} height={18} />;
  return (
    <>
      <div className="log-bar">
        <LogSearch attemptId={source.attemptId} search={search} onSearch={setSearch} onLine={goTo} />
        <Group gap={4} wrap="nowrap" ml="auto">
          {!source.complete && (
            <Button size="compact-xs" variant={pinned ? 'light' : 'default'} aria-pressed={pinned} onClick={() => setPinned(!pinned)}>
              {pinned ? 'Following' : 'Follow'}
            </Button>
          )}
          <Tool label="Jump to the first error" icon={<IconBug size={16} aria-hidden />} onClick={firstError} />
          <Tool
            label="To the beginning"
            icon={<IconArrowBarUp size={16} aria-hidden />}
            onClick={() => {
              setPinned(false);
              setJump({ line: 0 });
            }}
          />
          <Tool label="To the end" icon={<IconArrowBarDown size={16} aria-hidden />} onClick={() => setPinned(true)} />
          <Tool label={wraps ? 'Do not wrap lines' : 'Wrap long lines'} icon={<IconTextWrap size={16} aria-hidden />} isOn={wraps} onClick={() => setWraps(!wraps)} />
          <Tool label={`Download the log (${size(source.bytes - source.droppedBytes)})`} icon={<IconDownload size={16} aria-hidden />} onClick={() => void download(source).catch((error: unknown) => failed(error, 'The log could not be downloaded'))} />
          {isPart && (
            <Tooltip label="On a page of its own">
              <IconLink to="/attempts/$attemptId" params={{ attemptId: String(source.attemptId) }} search={{}} variant="subtle" color="gray" size="md" aria-label="Log on a page of its own">
                <IconMaximize size={16} aria-hidden />
              </IconLink>
            </Tooltip>
          )}
        </Group>
      </div>
      {source.error !== undefined && (
        <Text size="xs" px="sm" py={4} c="var(--state-orange)" role="status">
          {source.error instanceof Error ? source.error.message : 'The log cannot be read just now.'}
        </Text>
      )}
      {source.rows === 0 ? (
        <Text size="sm" p="md" c="var(--text-muted)" role="status">
          {whyEmpty(source)}
        </Text>
      ) : (
        <LogLines
          source={source}
          label={label}
          wraps={wraps}
          pinned={pinned}
          onPinned={setPinned}
          chosen={chosen}
          onChoose={(to) => {
            setChosen(to);
            onLine?.(to + 1);
          }}
          hrefOf={(to) => `/attempts/${source.attemptId}?line=${to + 1}`}
          needle={search?.text ?? ''}
          jump={jump}
          onTop={onTop}
        />
      )}
      <Text size="xs" c="var(--text-muted)" px="sm" py={3} className="tabular" style={{ borderTop: '1px solid var(--line)' }}>
        {source.lines.toLocaleString()} {source.lines === 1 ? 'line' : 'lines'}, {size(source.bytes)}
        {source.droppedBytes > 0 && `; ${size(source.droppedBytes)} in the middle are not kept`}
        {!source.complete && (source.rows > 0 ? '; it goes on' : '')}
      </Text>
    </>
  );
}

function Tool({ label, icon, onClick, isOn }: { label: string; icon: ReactNode; onClick: () => void; isOn?: boolean }) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant={isOn ? 'light' : 'subtle'} color="gray" size="md" aria-label={label} aria-pressed={isOn} onClick={onClick}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

/** Why there are no lines. */
function whyEmpty(source: LogSource): string {
  const attempt = source.attempt;
  if (!attempt || attempt.state === 'running' || attempt.state === 'starting') return 'No output yet. It appears here as it is written.';
  if (attempt.waiting_for) return `No output yet. It waits: ${attempt.waiting_for}.`;
  if (isTaskEnded(attempt.state)) return attempt.started_at ? 'It wrote nothing.' : `It did not run${attempt.reason ? `: ${attempt.reason.text}` : ''}.`;
  return attempt.state === 'blocked' ? 'No output yet: it waits for what it depends on.' : `No output yet: it has not begun${attempt.reason ? ` (${attempt.reason.text})` : ''}.`;
}

const size = (bytes: number): string =>
  bytes < 1024 ? `${bytes} bytes` : bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KiB` : bytes < 1073741824 ? `${(bytes / 1048576).toFixed(1)} MiB` : `${(bytes / 1073741824).toFixed(2)} GiB`;

/** All that is kept of a log, as a file. What the server keeps of one is bounded, so it fits. */
async function download(source: LogSource): Promise<void> {
  const parts: Blob[] = [];
  for (let offset = 0; ; ) {
    const response = await fetch(`/api/yard/v1/attempts/${source.attemptId}/log?offset=${offset}&bytes=4194304`, { headers: { Accept: 'text/plain' } });
    if (!response.ok) throw new ApiError(response.status, `The server answered ${response.status}.`, String(response.status));
    const next = Number(response.headers.get('X-Log-Next'));
    const part = await response.blob();
    if (part.size === 0 || !(next > offset)) break;
    parts.push(part);
    offset = next;
  }
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(parts, { type: 'text/plain' }));
  link.download = `attempt-${source.attemptId}.log`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
