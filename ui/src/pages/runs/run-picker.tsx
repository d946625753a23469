import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api } from '../../api/client';
import { lookOf } from '../../parts/state';
import { exactTime } from '../../parts/time';
import { runQuery } from './use-run';

/** Chooses a run: by its id, or from the newest of the same job. */
export function RunPicker({ letter, id, other, onPick }: { letter: string; id: number | undefined; other: number | undefined; onPick: (id: string | undefined) => void }) {
  const [text, setText] = useState('');
  const near = useQuery({ ...runQuery(id ?? other ?? 0), enabled: (id ?? other) !== undefined });
  const job = near.data?.kind === 'job' ? near.data.job_id : undefined;
  const newest = useQuery({
    queryKey: ['runs', 'pick', job ?? 'all'],
    queryFn: () => answer(api.GET('/api/yard/v1/runs', { params: { query: { limit: 50, ...(job !== undefined ? { job_id: job } : {}) } } })),
    enabled: (id ?? other) === undefined || near.data !== undefined || near.error !== null,
  });
  const listed = (newest.data?.runs ?? []).map((run) => ({ value: String(run.id), label: `${run.name} #${run.number}, ${lookOf(run.state).text.toLowerCase()}, ${exactTime(run.created_at)}` }));
  const typed = text.trim();
  const data = /^\d+$/.test(typed) && !listed.some((one) => one.value === typed) ? [{ value: typed, label: `The run with id ${typed}` }, ...listed] : listed;
  return (
    <Select
      size="xs"
      label={id === undefined ? `Run ${letter}` : `Another run as ${letter}`}
      placeholder="Newest runs, or type an id"
      data={data}
      value={id !== undefined && data.some((one) => one.value === String(id)) ? String(id) : null}
      searchable
      searchValue={text}
      onSearchChange={setText}
      limit={60}
      nothingFoundMessage="Type a run's id"
      filter={({ options, search }) => {
        const wanted = search.trim().toLowerCase();
        // A chosen label in the box is no search.
        const isChosen = options.some((one) => 'label' in one && one.label.toLowerCase() === wanted);
        return isChosen || wanted === '' ? options : options.filter((one) => 'label' in one && (one.label.toLowerCase().includes(wanted) || one.value.includes(wanted)));
      }}
      onChange={(value) => onPick(value ?? undefined)}
    />
  );
}
