import { Button, Group, Popover, Stack, TextInput } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api } from '../../../api/client';
import { runStates } from '../../../api/types';
import { dialectName, dialects } from '../../../parts/dialect';
import { FilterChip, FilterMenu } from '../../../parts/filters';
import { lookOf, StateIcon } from '../../../parts/state';
import { exactTime } from '../../../parts/time';
import type { Texts } from '../../../routes/search';
import { localInput, spans } from './filters';

const kinds = [
  { value: 'job', label: 'Runs of jobs' },
  { value: 'submitted', label: 'One-time runs' },
  { value: 'nested', label: 'Parts of other runs' },
];

const split = (text: string | undefined): string[] => text?.split(',').filter(Boolean) ?? [];

/** The filters of a list of runs, as menus and as chips that take them off again. */
export function RunFilterBar({ search, onChange, withJob = true }: { search: Texts; onChange: (change: Texts) => void; withJob?: boolean }) {
  const states = split(search.state);
  const span = spans.find((each) => each.value === search.within);
  return (
    <Group gap={6}>
      <FilterMenu
        label="State"
        several
        chosen={states}
        onChange={(chosen) => onChange({ state: chosen.join(',') || undefined })}
        choices={runStates.map((state) => ({
          value: state,
          label: (
            <Group gap={6} wrap="nowrap">
              <span aria-hidden style={{ display: 'flex' }}>
                <StateIcon state={state} />
              </span>
              {lookOf(state).text}
            </Group>
          ),
        }))}
      />
      {withJob && <FilterMenu label="Dialect" chosen={split(search.dialect)} onChange={([dialect]) => onChange({ dialect })} choices={dialects.map((value) => ({ value, label: dialectName(value) }))} />}
      {withJob && <FilterMenu label="Kind" chosen={split(search.kind)} onChange={([kind]) => onChange({ kind })} choices={kinds} />}
      <CreatedFilter search={search} onChange={onChange} />
      {states.map((state) => (
        <FilterChip key={state} label="State" value={lookOf(state).text} onRemove={() => onChange({ state: states.filter((each) => each !== state).join(',') || undefined })} />
      ))}
      {withJob && search.dialect && <FilterChip label="Dialect" value={dialectName(search.dialect)} onRemove={() => onChange({ dialect: undefined })} />}
      {withJob && search.kind && <FilterChip label="Kind" value={kinds.find((kind) => kind.value === search.kind)?.label ?? search.kind} onRemove={() => onChange({ kind: undefined })} />}
      {withJob && search.job && <JobChip job={search.job} onRemove={() => onChange({ job: undefined })} />}
      {span && <FilterChip label="Created in" value={span.label} onRemove={() => onChange({ within: undefined })} />}
      {!span && search.from && <FilterChip label="Created from" value={exactTime(search.from)} onRemove={() => onChange({ from: undefined })} />}
      {!span && search.to && <FilterChip label="Created to" value={exactTime(search.to)} onRemove={() => onChange({ to: undefined })} />}
    </Group>
  );
}

function JobChip({ job, onRemove }: { job: string; onRemove: () => void }) {
  const { data } = useQuery({ queryKey: ['jobs', 'one', job], queryFn: ({ signal }) => answer(api.GET('/api/yard/v1/jobs/{id}', { params: { path: { id: Number(job) } }, signal })) });
  return <FilterChip label="Job" value={data?.name ?? job} onRemove={onRemove} />;
}

function CreatedFilter({ search, onChange }: { search: Texts; onChange: (change: Texts) => void }) {
  const [opened, setOpened] = useState(false);
  const at = (text: string): string | undefined => (text ? new Date(text).toISOString() : undefined);
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus withinPortal>
      <Popover.Target>
        <Button size="compact-sm" variant="default" rightSection={<IconChevronDown size={13} aria-hidden />} onClick={() => setOpened(!opened)}>
          Created
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          {spans.map((each) => (
            <Button
              key={each.value}
              size="compact-sm"
              variant={search.within === each.value ? 'light' : 'subtle'}
              justify="flex-start"
              onClick={() => {
                onChange({ within: each.value, from: undefined, to: undefined });
                setOpened(false);
              }}
            >
              In {each.label}
            </Button>
          ))}
          <TextInput size="xs" type="datetime-local" label="From" value={localInput(search.from)} onChange={(event) => onChange({ from: at(event.currentTarget.value), within: undefined })} />
          <TextInput size="xs" type="datetime-local" label="To" value={localInput(search.to)} onChange={(event) => onChange({ to: at(event.currentTarget.value), within: undefined })} />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
