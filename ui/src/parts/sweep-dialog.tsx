import { ActionIcon, Alert, Box, Button, Checkbox, Collapse, Group, Modal, ScrollArea, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { answer, api, call } from '../api/client';
import type { Batch, Job } from '../api/types';
import { failed } from './actions';
import { asMap } from './form/paths';
import { ErrorBox } from './page';
import { parametersOf } from './run-parameters';
import { pointsOf, readSweep, type Axis } from './sweep/sweep';

/** What the server says that a sweep would make. */
interface Preview {
  runs: number;
  limit: number;
  within_limit: boolean;
  parameters: string[];
  first: { index: number; parameters: Record<string, unknown> }[];
}

/** Points that are listed, for some of them to be left out. */
const mostListed = 500;

const valueText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const pointText = (point: Record<string, unknown>): string =>
  Object.entries(point)
    .map(([name, value]) => `${name} ${valueText(value)}`)
    .join(', ');

/** Runs a job over many parameter sets: a grid of values, or a list of sets; counted before it is started. */
export default function SweepDialog({ job, onClose }: { job: Job; onClose: () => void }) {
  const navigate = useNavigate();
  const known = useMemo(() => parametersOf(job.dialect, asMap(job.settings)).fields.map((field) => field.name), [job]);
  const [name, setName] = useState('');
  const [axes, setAxes] = useState<Axis[]>(() => [{ name: known[0] ?? '', text: '' }]);
  const [sets, setSets] = useState('');
  const [withSets, setWithSets] = useState(false);
  const [left, setLeft] = useState<ReadonlySet<number>>(new Set());
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();

  const read = useMemo(() => readSweep(axes, withSets ? sets : ''), [axes, sets, withSets]);
  const body = 'body' in read && (read.body.grid || read.body.sets) ? read.body : undefined;
  const problems = 'problems' in read ? read.problems : {};
  const asked = body ? JSON.stringify(body) : '';
  const [settled] = useDebouncedValue(asked, 350);
  const preview = useQuery({
    queryKey: ['sweep-preview', job.id, settled],
    queryFn: ({ signal }) => answer(api.POST('/api/yard/v1/jobs/{id}/sweep', { params: { path: { id: job.id } }, body: { ...(JSON.parse(settled) as object), preview: true }, signal })) as unknown as Promise<Preview>,
    enabled: settled !== '',
  });
  const points = useMemo(() => (settled ? pointsOf(JSON.parse(settled) as object, mostListed) : []), [settled]);
  useEffect(() => setLeft(new Set()), [settled]);
  const count = preview.data && settled === asked ? preview.data.runs - left.size : undefined;

  const change = (index: number, next: Partial<Axis>): void => setAxes(axes.map((axis, at) => (at === index ? { ...axis, ...next } : axis)));
  const start = (): void => {
    if (!body) return;
    setBusy(true);
    setRefused(undefined);
    const select = left.size > 0 ? points.map((_, index) => index).filter((index) => !left.has(index)) : undefined;
    call<Batch>('POST', `/api/yard/v1/jobs/${job.id}/sweep`, { ...body, ...(name.trim() ? { name: name.trim() } : {}), ...(select ? { select } : {}) })
      .then((batch) => navigate({ to: '/batches/$batchId', params: { batchId: String(batch.id) } }))
      .catch((error: unknown) => {
        setRefused(error);
        failed(error, 'The sweep was not started');
      })
      .finally(() => setBusy(false));
  };
  const free = known.filter((each) => !axes.some((axis) => axis.name === each));
  const isReady = body !== undefined && count !== undefined && count > 0 && (preview.data?.within_limit || left.size > 0);
  return (
    <Modal opened onClose={onClose} title={`Sweep ${job.name}`} size="lg">
      <Stack gap="sm">
        <Text size="sm" c="var(--text-muted)">
          One run for each combination of the values below. Values stand with commas between them, or as a JSON list where they hold commas: <code>[[64, 64], [128]]</code>.
          {job.dialect === 'orchest' && ' Parameters of Orchest jobs are groups: pipeline_parameters, or a step; their values are objects.'}
        </Text>
        {axes.map((axis, index) => (
          <Group key={index} gap="xs" align="flex-start" wrap="nowrap">
            <TextInput w={{ base: 112, xs: 180 }} label={index === 0 ? 'Parameter' : undefined} aria-label={`Parameter ${index + 1}`} value={axis.name} onChange={(event) => change(index, { name: event.currentTarget.value.trim() })} />
            <TextInput flex={1} label={index === 0 ? 'Values' : undefined} aria-label={`Values of ${axis.name || `parameter ${index + 1}`}`} placeholder="0.1, 0.2, 0.3" value={axis.text} error={axis.text !== '' || axis.name === '' ? problems[index] : undefined} onChange={(event) => change(index, { text: event.currentTarget.value })} />
            <ActionIcon variant="subtle" color="gray" size={36} mt={index === 0 ? 25 : 0} aria-label={`Remove ${axis.name || `parameter ${index + 1}`}`} disabled={axes.length === 1} onClick={() => setAxes(axes.filter((_, at) => at !== index))}>
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          </Group>
        ))}
        <Group gap={6}>
          <Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setAxes([...axes, { name: free[0] ?? '', text: '' }])}>
            Add a parameter
          </Button>
          <Button size="compact-sm" variant="subtle" aria-expanded={withSets} onClick={() => setWithSets(!withSets)}>
            {withSets ? 'Without a list of sets' : 'With a list of sets'}
          </Button>
        </Group>
        <Collapse expanded={withSets}>
          <Textarea label="Sets" description="A JSON list of objects; with a grid above, each of its points is run with each set." autosize minRows={2} maxRows={8} value={sets} error={problems.sets} onChange={(event) => setSets(event.currentTarget.value)} placeholder='[{"seed": 1}, {"seed": 2}]' />
        </Collapse>
        <TextInput label="Name of the batch" placeholder={job.name} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <Box mih={30} role="status">
          {preview.error && settled === asked ? (
            <ErrorBox error={preview.error} />
          ) : count !== undefined ? (
            <Text size="sm">
              <b>
                {count.toLocaleString()} {count === 1 ? 'run' : 'runs'}
              </b>
              {preview.data && !preview.data.within_limit && left.size === 0 && `: more than the ${preview.data.limit.toLocaleString()} that one sweep may make. Leave out values.`}
            </Text>
          ) : (
            <Text size="sm" c="var(--text-muted)">
              {asked ? 'Counting…' : 'Give a parameter its values to see how many runs that makes.'}
            </Text>
          )}
        </Box>
        {settled === asked && points.length > 0 ? (
          <ScrollArea.Autosize mah={200} type="auto" className="card" p="xs" viewportProps={{ tabIndex: 0, 'aria-label': 'Runs to make', role: 'group' }}>
            <Stack gap={4}>
              {points.map((point, index) => (
                <Checkbox
                  key={index}
                  size="xs"
                  label={pointText(point)}
                  checked={!left.has(index)}
                  onChange={() => {
                    const next = new Set(left);
                    if (!next.delete(index)) next.add(index);
                    setLeft(next);
                  }}
                />
              ))}
            </Stack>
          </ScrollArea.Autosize>
        ) : (
          settled === asked &&
          preview.data &&
          preview.data.first.length > 0 && (
            <Text size="xs" c="var(--text-muted)">
              The first: {preview.data.first.slice(0, 3).map((point) => pointText(point.parameters)).join('; ')}
            </Text>
          )
        )}
        {refused ? (
          <Alert color="red" variant="outline" title="It was not started">
            {refused instanceof Error ? refused.message : String(refused)}
          </Alert>
        ) : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button onClick={start} loading={busy} disabled={!isReady}>
            {count === undefined ? 'Start' : `Start ${count.toLocaleString()} ${count === 1 ? 'run' : 'runs'}`}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
