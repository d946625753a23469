import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { Attempt, Run } from '../../api/types';
import { Empty, ErrorBox, Loading } from '../../parts/page';
import { valuePairs } from './pairs';
import { inForce } from './parameters';
import { useTaskNames } from './task-names';
import { attemptsQuery, runSettingsQuery } from './use-run';
import { ValueTable } from './value-table';

/** The parameters that were in force in two runs, name by name; undefined until both are known. */
function useParameterRows(a: Run, b: Run) {
  const [one, two] = [useQuery(runSettingsQuery(a.id, a.revision)), useQuery(runSettingsQuery(b.id, b.revision))];
  const nameOf = useTaskNames();
  const rows = useMemo(() => {
    if (!one.data || !two.data) return undefined;
    const of = (run: Run, parameters: Record<string, string> | undefined): Map<string, string> => new Map(inForce(run, parameters).map(([name, value]) => [nameOf(name), value]));
    return valuePairs(of(a, one.data.parameters), of(b, two.data.parameters));
  }, [a, b, nameOf, one.data, two.data]);
  return { rows, error: one.error ?? two.error };
}

/** All parameters of two runs. */
export function CompareParameters({ a, b }: { a: Run; b: Run }) {
  const { rows, error } = useParameterRows(a, b);
  if (error) return <ErrorBox error={error} />;
  if (!rows) return <Loading rows={3} />;
  return rows.length === 0 ? <Empty title="Neither run has parameters" /> : <ValueTable rows={rows} first="Parameter" />;
}

/** What was asked differently of two runs, in a line: the first thing one wants to know. Its room is kept. */
export function ParameterDifferences({ a, b }: { a: Run; b: Run }) {
  const { rows } = useParameterRows(a, b);
  const differing = rows?.filter((row) => row.a !== row.b) ?? [];
  const shown = differing.slice(0, 4).map((row) => `${row.name}: ${row.a ?? 'none'} → ${row.b ?? 'none'}`);
  return (
    <Text size="sm" mt="md" mih={22} className="breaks">
      {rows && (differing.length === 0 ? 'Both ran with the same parameters.' : `Parameters that differ: ${shown.join(', ')}${differing.length > shown.length ? ` and ${differing.length - shown.length} more` : ''}`)}
    </Text>
  );
}

/** Exit values, named values and errors of the tasks of two runs. */
export function CompareOutputs({ a, b }: { a: Run; b: Run }) {
  const [one, two] = [useQuery(attemptsQuery(a.id)), useQuery(attemptsQuery(b.id))];
  const nameOf = useTaskNames();
  const [count, setCount] = useState(100);
  const rows = useMemo(() => {
    const of = (attempts: readonly Attempt[] | undefined): Map<string, string> => {
      const found = new Map<string, string>();
      for (const attempt of attempts ?? []) {
        if (!attempt.current || !attempt.result) continue;
        const name = attempt.index > 0 || attempt.input !== undefined ? `${nameOf(attempt.task)} [${attempt.index}]` : nameOf(attempt.task);
        if (attempt.result.exit_value !== undefined) found.set(`${name}: exit value`, attempt.result.exit_value);
        if (attempt.result.error !== undefined) found.set(`${name}: error`, attempt.result.error);
        for (const [key, value] of Object.entries(attempt.result.values)) found.set(`${name}: ${key}`, typeof value === 'string' ? value : JSON.stringify(value));
      }
      return found;
    };
    return valuePairs(of(one.data), of(two.data));
  }, [nameOf, one.data, two.data]);
  const error = one.error ?? two.error;
  if (error) return <ErrorBox error={error} />;
  if (!one.data || !two.data) return <Loading rows={3} />;
  if (rows.length === 0) return <Empty title="No task of either run gave a value">Exit values, values set by name and errors of tasks are compared here.</Empty>;
  return (
    <>
      <ValueTable rows={rows.slice(0, count)} first="Output" />
      {rows.length > count && (
        <Button mt="xs" size="xs" variant="default" onClick={() => setCount(count + 500)}>
          Show more ({rows.length - count} left)
        </Button>
      )}
    </>
  );
}
