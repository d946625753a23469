import { ActionIcon, Autocomplete, Button, Group, MultiSelect, Select, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { Project } from '../../api/types';
import { Confirm, told } from '../../parts/actions';
import { objectProblem } from '../../parts/json-problem';
import { AppLink } from '../../parts/links';
import { ErrorBox } from '../../parts/page';
import { directoryQuery, environmentsOf } from '../projects/data';
import { above, endingOf, within } from '../projects/kinds';
import { newStep, refusalOf, stepsOf, titleOf, withoutStep, withStep, type Pipeline, type Step } from './definition';
import { ParametersField, shownParameters } from './parameters-field';
import { useSave } from './save';

interface Panel {
  project: Project;
  path: string;
  pipeline: Pipeline;
  close: () => void;
}

/** The properties of a step, saved to the pipeline's file. */
export function StepPanel({ project, path, pipeline, step, close }: Panel & { step: Step }) {
  const save = useSave(project, path);
  const [title, setTitle] = useState(step.title ?? '');
  const [file, setFile] = useState(step.file_path ?? '');
  const [environment, setEnvironment] = useState(step.environment ?? '');
  const [incoming, setIncoming] = useState<string[]>(step.incoming_connections ?? []);
  const [parameters, setParameters] = useState(() => shownParameters(step.parameters));
  const [problem, setProblem] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const refusal = problem ? refusalOf(problem.message) : undefined;
  const isOwn = refusal?.path[0] === 'steps' && refusal.path[1] === step.uuid;
  const about = (member: string): string | undefined => (isOwn && refusal.path[2] === member ? refusal.reason : undefined);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    save((now) => withStep(now, step.uuid, { title, file_path: file, environment, incoming_connections: incoming, parameters: JSON.parse(parameters) as Record<string, unknown> }))
      .then(() => told(`${title || 'The step'} is saved.`))
      .catch((error: unknown) => setProblem(error instanceof Error ? error : new Error(String(error))))
      .finally(() => setBusy(false));
  };
  const filePath = file && !file.startsWith('/') ? within(above(path), file) : undefined;
  return (
    <Stack component="form" onSubmit={submit} gap="sm">
      <Group justify="space-between" wrap="nowrap">
        <Title order={2}>Properties</Title>
        <ActionIcon variant="subtle" color="gray" aria-label="Close the properties" onClick={close}>
          <IconX size={16} aria-hidden />
        </ActionIcon>
      </Group>
      <TextInput label="Title" value={title} onChange={(event) => setTitle(event.currentTarget.value)} error={about('title')} />
      <FileField project={project} path={path} value={file} onChange={setFile} error={about('file_path')} />
      {filePath && (
        <Text size="sm">
          <AppLink to="/projects/$owner/$slug/files/$" params={{ owner: project.owner, slug: project.slug, _splat: filePath }}>
            Open {file}
          </AppLink>
        </Text>
      )}
      <EnvironmentField project={project} value={environment} onChange={setEnvironment} error={about('environment')} />
      <IncomingField pipeline={pipeline} own={step.uuid} value={incoming} onChange={setIncoming} error={about('incoming_connections') ?? (refusal?.path.join('.') === 'steps' ? refusal.reason : undefined)} />
      <ParametersField label="Parameters" hint={'Only this step reads these: JSON like {"my-param": 1}.'} value={parameters} onChange={setParameters} refusal={about('parameters')} />
      {problem && !isOwn && refusal?.path.join('.') !== 'steps' && <ErrorBox error={problem} title="Not saved" />}
      <Group justify="space-between">
        <Button type="submit" loading={busy} disabled={objectProblem(parameters) !== undefined}>
          Save
        </Button>
        <Confirm
          label="Remove the step"
          size="xs"
          title={`Remove ${titleOf(step)}?`}
          explain="The step and its connections leave the pipeline; its file stays in the project."
          confirm="Remove"
          action={async () => {
            await save((now) => withoutStep(now, step.uuid));
            close();
          }}
        />
      </Group>
    </Stack>
  );
}

/** A step that is to be. */
export function NewStep({ project, path, pipeline, close, made }: Panel & { made: (uuid: string) => void }) {
  const save = useSave(project, path);
  const [title, setTitle] = useState('');
  const [file, setFile] = useState('');
  const [environment, setEnvironment] = useState('');
  const [incoming, setIncoming] = useState<string[]>([]);
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    const step = newStep(title, file, environment, incoming);
    save((now) => withStep(now, step.uuid, step))
      .then(() => made(step.uuid))
      .catch(setProblem)
      .finally(() => setBusy(false));
  };
  return (
    <Stack component="form" onSubmit={submit} gap="sm">
      <Title order={2}>New step</Title>
      {problem !== undefined && <ErrorBox error={problem} title="Not saved" />}
      <TextInput label="Title" value={title} onChange={(event) => setTitle(event.currentTarget.value)} required />
      <FileField project={project} path={path} value={file} onChange={setFile} error={undefined} />
      <EnvironmentField project={project} value={environment} onChange={setEnvironment} error={undefined} />
      <IncomingField pipeline={pipeline} own={undefined} value={incoming} onChange={setIncoming} error={undefined} />
      <Group>
        <Button type="submit" loading={busy}>
          Add it
        </Button>
        <Button variant="default" onClick={close}>
          Leave it
        </Button>
      </Group>
    </Stack>
  );
}

/** What a step may run, of the folder of the pipeline; other paths may be typed. */
function FileField({ project, path, value, onChange, error }: { project: Project; path: string; value: string; onChange: (file: string) => void; error: string | undefined }) {
  const files = useInfiniteQuery(directoryQuery(project.owner, project.slug, above(path)));
  const names = files.data?.pages.flatMap((page) => page.entries).filter((entry) => entry.kind === 'file' && ['py', 'ipynb', 'sh', 'r', 'jl', 'js'].includes(endingOf(entry.name))) ?? [];
  return <Autocomplete label="File" description="From the folder of the pipeline: .py, .ipynb, .sh, .R, .jl or .js." data={names.map((entry) => entry.name)} value={value} onChange={onChange} error={error} required />;
}

const machine = 'The machine’s own programs';

function EnvironmentField({ project, value, onChange, error }: { project: Project; value: string; onChange: (uuid: string) => void; error: string | undefined }) {
  const environments = useQuery(environmentsOf(project)).data ?? [];
  const known = environments.some((one) => one.uuid === value) || value === '';
  const data = [{ value: '', label: machine }, ...environments.map((one) => ({ value: one.uuid, label: one.name })), ...(known ? [] : [{ value, label: `${value} (not in this project)` }])];
  return <Select label="Environment" data={data} value={value} onChange={(chosen) => onChange(chosen ?? '')} allowDeselect={false} error={error} />;
}

function IncomingField({ pipeline, own, value, onChange, error }: { pipeline: Pipeline; own: string | undefined; value: string[]; onChange: (steps: string[]) => void; error: string | undefined }) {
  const others = stepsOf(pipeline).filter((step) => step.uuid !== own);
  const gone = value.filter((uuid) => others.every((step) => step.uuid !== uuid));
  return (
    <MultiSelect
      label="Incoming connections"
      description="Steps that run before this one, and whose output it can read."
      data={[...others.map((step) => ({ value: step.uuid, label: titleOf(step) })), ...gone.map((uuid) => ({ value: uuid, label: `${uuid} (not there)` }))]}
      value={value}
      onChange={onChange}
      error={error}
      clearable
      searchable
    />
  );
}
