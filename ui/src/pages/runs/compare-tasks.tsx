import { Switch, Text, UnstyledButton } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import type { Run } from '../../api/types';
import { Empty } from '../../parts/page';
import { StateIcon } from '../../parts/state';
import { durationText, useNow } from '../../parts/time';
import { pairsOf, type TaskPair } from './pairs';
import { useTaskNames } from './task-names';

/** The tasks of two runs by name: states, and durations as bars one below the other. */
export function CompareTasks({ a, b, onTask }: { a: Run; b: Run; onTask: (key: string) => void }) {
  const now = useNow();
  const nameOf = useTaskNames();
  const [byDifference, setByDifference] = useState(false);
  const pairs = useMemo(() => {
    const all = pairsOf(a.tasks ?? [], b.tasks ?? [], now);
    return byDifference ? [...all].sort((one, two) => Math.abs(two.difference ?? 0) - Math.abs(one.difference ?? 0)) : all;
  }, [a.tasks, b.tasks, byDifference, now]);
  const longest = Math.max(1, ...pairs.map((pair) => Math.max(pair.a?.ms ?? 0, pair.b?.ms ?? 0)));
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: pairs.length, getScrollElement: () => scroller.current, estimateSize: () => 50, overscan: 6 });
  if (pairs.length === 0) return <Empty title="Neither run has tasks" />;
  return (
    <>
      <Switch size="xs" mb="xs" checked={byDifference} onChange={(event) => setByDifference(event.currentTarget.checked)} label="Largest differences first" />
      <div ref={scroller} className="table-scroll card" tabIndex={0} role="region" aria-label="Tasks of both runs">
        <div style={{ height: rows.getTotalSize(), position: 'relative', minWidth: 560 }} role="list" aria-label="Durations of tasks">
          {rows.getVirtualItems().map((row) => {
            const pair = pairs[row.index]!;
            return (
              <div key={pair.key} className="pair-row" role="listitem" style={{ transform: `translateY(${row.start}px)` }}>
                <UnstyledButton className="table-link" onClick={() => onTask(pair.key)} title={nameOf(pair.key)}>
                  {nameOf(pair.key)}
                </UnstyledButton>
                <div className="pair-bars">
                  <Bar letter="a" side={pair.a} longest={longest} />
                  <Bar letter="b" side={pair.b} longest={longest} />
                </div>
                <Text size="sm" className="tabular nowrap" c={pair.difference === undefined || Math.abs(pair.difference) < 100 ? 'var(--text-muted)' : undefined} ta="right">
                  {pair.difference === undefined ? (pair.a ? (pair.b ? '' : 'only in A') : 'only in B') : `${pair.difference < 0 ? '−' : '+'}${durationText(Math.abs(pair.difference))}`}
                </Text>
              </div>
            );
          })}
        </div>
      </div>
    </>
  );
}

function Bar({ letter, side, longest }: { letter: string; side: TaskPair['a']; longest: number }) {
  return (
    <div className="pair-bar">
      <span className={`compare-letter compare-${letter}`}>{letter.toUpperCase()}</span>
      {side ? (
        <>
          <StateIcon state={side.state} size={13} />
          <span className="pair-lane">
            {side.ms !== undefined && <span className={`pair-fill compare-${letter}`} style={{ width: `max(2px, ${(side.ms / longest) * 82}%)` }} />}
            <span className="tabular pair-text">{side.ms === undefined ? 'did not run' : durationText(side.ms)}</span>
          </span>
        </>
      ) : (
        <span className="pair-text">not in this run</span>
      )}
    </div>
  );
}
