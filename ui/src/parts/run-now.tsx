import { Button, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState, type ReactNode } from 'react';
import { answer, api, call } from '../api/client';
import type { Job } from '../api/types';
import { told } from './actions';
import { monoInput } from './form/fields';
import { AddButton, RemoveButton } from './form/lists';
import { asMap, type Settings } from './form/paths';
import { ErrorBox, Loading } from './page';
import { parametersOf, sentParameters, valueProblem } from './run-parameters';

export interface RunNowProps {
  /** The job; its settings are read when they are not here. */
  job: Pick<Job, 'id' | 'name' | 'dialect'> & { public_id?: string | null | undefined };
  onClose: () => void;
  /** Told of the run; without it the run's page opens. */
  onStarted?: ((runId: number) => void) | undefined;
}

/** A button that starts a run of a job, with its parameters to change before. */
export function RunNowButton({ job, children = 'Run now', ...rest }: Omit<RunNowProps, 'onClose'> & { children?: ReactNode }) {
  const [opened, { open, close }] = useDisclosure();
  return (
    <>
      <Button leftSection={<IconPlayerPlay size={16} aria-hidden />} onClick={open}>
        {children}
      </Button>
      {opened && <RunNow job={job} onClose={close} {...rest} />}
    </>
  );
}

/** Starts a run of a job of any dialect: its parameters are preloaded, and can be changed for this run. */
export function RunNow({ job, onClose, onStarted }: RunNowProps) {
  const read = useQuery({
    queryKey: ['job', job.id, 'parameters'],
    queryFn: async () => {
      const whole = await answer(api.GET('/api/yard/v1/jobs/{id}', { params: { path: { id: job.id } } }));
      // What parameters a pipeline has, Orchest's own API says.
      const extra = whole.dialect === 'orchest' && whole.public_id ? asMap((await call<Settings>('GET', `/catch/api-proxy/api/jobs/${whole.public_id}`)).pipeline_definition) : undefined;
      return { settings: asMap(whole.settings), ...(extra ? { extra } : {}) };
    },
    staleTime: 0,
    gcTime: 0,
  });
  return (
    <Modal opened onClose={onClose} title={`Run ${job.name}`} size="lg" centered>
      {read.error ? <ErrorBox error={read.error} retry={() => void read.refetch()} /> : read.data ? <Fields job={job} {...read.data} onClose={onClose} onStarted={onStarted} /> : <Loading rows={3} />}
    </Modal>
  );
}

function Fields({ job, settings, extra, onClose, onStarted }: RunNowProps & { settings: Settings; extra?: Settings }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const taken = useMemo(() => parametersOf(job.dialect, settings, extra), [job.dialect, settings, extra]);
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [added, setAdded] = useState<[string, string][]>([]);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const isWrong = taken.fields.some((field) => valueProblem(field, typed[field.name] ?? field.usual) !== undefined);
  const start = (): void => {
    setBusy(true);
    setProblem(undefined);
    const parameters = sentParameters(job.dialect, taken, typed, added);
    call<{ run_id: number; number: number }>('POST', `/api/yard/v1/jobs/${job.id}/run`, Object.keys(parameters).length > 0 ? { parameters } : {})
      .then((made) => {
        void client.invalidateQueries();
        told(`Run ${made.number} has begun.`);
        onClose();
        if (onStarted) onStarted(made.run_id);
        else void navigate({ to: '/runs/$runId', params: { runId: String(made.run_id) } });
      })
      .catch(setProblem)
      .finally(() => setBusy(false));
  };
  return (
    <Stack
      component="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isWrong) start();
      }}
    >
      {problem !== undefined && <ErrorBox error={problem} title="Not started" />}
      {taken.fields.length === 0 && !taken.mayAdd && <Text size="sm">This job has no parameters: the run has the job&apos;s settings as they are now.</Text>}
      {taken.fields.map((field, index) => {
        const text = typed[field.name] ?? field.usual;
        return (
          <Textarea
            key={field.name}
            autosize
            minRows={1}
            maxRows={14}
            styles={monoInput}
            label={field.hint ?? field.name}
            description={text !== field.usual ? `Otherwise ${field.usual === '' ? 'empty' : field.usual.slice(0, 200)}` : field.hint && field.kind === 'list' ? field.name : undefined}
            value={text}
            onChange={(event) => setTyped({ ...typed, [field.name]: event.currentTarget.value })}
            error={valueProblem(field, text)}
            {...(index === 0 ? { 'data-autofocus': true } : {})}
          />
        );
      })}
      {added.map(([name, text], index) => (
        <Group key={index} gap={4} wrap="nowrap" align="flex-end">
          <TextInput style={{ flex: '0 1 38%' }} styles={monoInput} label={index === 0 ? 'Name' : undefined} aria-label={`Name of added ${taken.word} ${index + 1}`} value={name} onChange={(event) => setAdded(added.map((row, at) => (at === index ? [event.currentTarget.value, text] : row)))} />
          <TextInput style={{ flex: 1 }} styles={monoInput} label={index === 0 ? 'Value' : undefined} aria-label={`Value of ${name || `added ${taken.word} ${index + 1}`}`} value={text} onChange={(event) => setAdded(added.map((row, at) => (at === index ? [name, event.currentTarget.value] : row)))} />
          <RemoveButton label={`Remove ${name || `row ${index + 1}`}`} onClick={() => setAdded(added.filter((_, at) => at !== index))} />
        </Group>
      ))}
      {taken.mayAdd && <AddButton onClick={() => setAdded([...added, ['', '']])}>Add {/^[aeiou]/.test(taken.word) ? 'an' : 'a'} {taken.word}</AddButton>}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={busy} disabled={isWrong} leftSection={<IconPlayerPlay size={16} aria-hidden />}>
          Run now
        </Button>
      </Group>
    </Stack>
  );
}
