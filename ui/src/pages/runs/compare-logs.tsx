import { Group, Select, Switch } from '@mantine/core';
import { useCallback, useMemo, useRef, useState } from 'react';
import type { Run } from '../../api/types';
import type { Jump } from '../../parts/log/lines';
import { LogView } from '../../parts/log/log-view';
import { Empty } from '../../parts/page';
import { lookOf } from '../../parts/state';
import { useTaskNames } from './task-names';

/** The logs of one task in two runs, side by side, scrolled together by line. */
export function CompareLogs({ a, b, task, onTask }: { a: Run; b: Run; task: string | undefined; onTask: (task: string) => void }) {
  const nameOf = useTaskNames();
  const [together, setTogether] = useState(true);
  const choices = useMemo(() => {
    const of = (run: Run): Map<string, { id: number; state: string; began: boolean }> =>
      new Map(
        (run.tasks ?? []).flatMap((each) => {
          const one = each.instances.find((instance) => instance.state === 'failed') ?? each.instances.find((instance) => instance.index >= 0);
          return one ? [[each.key, { id: one.attempt_id, state: one.state, began: one.started_at !== undefined }] as const] : [];
        }),
      );
    const [one, two] = [of(a), of(b)];
    return [...new Set([...two.keys(), ...one.keys()])].map((key) => ({ key, a: one.get(key), b: two.get(key) }));
  }, [a, b]);
  // What went differently is what one wants to read.
  const chosen = choices.find((each) => each.key === task) ?? choices.find((each) => each.a?.state !== each.b?.state && (each.a?.began || each.b?.began)) ?? choices[0];
  // Which of the two is moved by hand: the other follows it.
  const driver = useRef<'a' | 'b'>(undefined);
  const [jumpA, setJumpA] = useState<Jump>();
  const [jumpB, setJumpB] = useState<Jump>();
  const topA = useCallback((line: number) => driver.current === 'a' && setJumpB({ line, to: 'top' }), []);
  const topB = useCallback((line: number) => driver.current === 'b' && setJumpA({ line, to: 'top' }), []);
  if (!chosen) return <Empty title="Neither run has a log" />;
  const take = (side: 'a' | 'b') => ({
    onWheel: () => void (driver.current = side),
    onPointerDown: () => void (driver.current = side),
    onKeyDown: () => void (driver.current = side),
    onTouchStart: () => void (driver.current = side),
  });
  return (
    <>
      <Group mb="xs">
        <Select
          size="xs"
          w={300}
          label="Task"
          searchable
          allowDeselect={false}
          limit={200}
          data={choices.map((each) => ({ value: each.key, label: `${nameOf(each.key)}${each.a?.state !== each.b?.state ? ` (${lookOf(each.a?.state ?? 'none').text.toLowerCase()} → ${lookOf(each.b?.state ?? 'none').text.toLowerCase()})` : ''}` }))}
          value={chosen.key}
          onChange={(value) => value && onTask(value)}
        />
        <Switch size="xs" mt={20} checked={together} onChange={(event) => setTogether(event.currentTarget.checked)} label="Scroll together, by line" />
      </Group>
      <div className="compare-logs">
        {(['a', 'b'] as const).map((side) => {
          const one = chosen[side];
          return (
            <div key={side} className="compare-log" {...take(side)}>
              {one ? (
                <LogView
                  key={one.id}
                  attemptId={one.id}
                  label={`Log ${side.toUpperCase()} of ${nameOf(chosen.key)}`}
                  state={one.state}
                  isPart
                  onTop={together ? (side === 'a' ? topA : topB) : undefined}
                  jump={together ? (side === 'a' ? jumpA : jumpB) : undefined}
                />
              ) : (
                <Empty title={`Run ${side.toUpperCase()} has no such task`} />
              )}
            </div>
          );
        })}
      </div>
    </>
  );
}
