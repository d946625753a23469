import { Button, Group, NumberInput, Stack, TextInput, Title } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import type { Project } from '../../api/types';
import { told } from '../../parts/actions';
import { objectProblem } from '../../parts/json-problem';
import { AppLink } from '../../parts/links';
import { ErrorBox } from '../../parts/page';
import { refusalOf, type Pipeline } from './definition';
import { ParametersField, shownParameters } from './parameters-field';
import { useSave } from './save';

/** A pipeline's name and parameters, saved to its file. */
export function PipelineSettings({ project, path, pipeline, close }: { project: Project; path: string; pipeline: Pipeline; close: () => void }) {
  const save = useSave(project, path);
  const [name, setName] = useState(pipeline.name);
  const [parameters, setParameters] = useState(() => shownParameters(pipeline.parameters));
  const [parallel, setParallel] = useState<number | string>(pipeline.settings?.max_steps_parallelism ?? 0);
  const [problem, setProblem] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const refusal = problem ? refusalOf(problem.message) : undefined;
  const about = (member: string): string | undefined => (refusal?.path[0] === member ? refusal.reason : undefined);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    save((now) => ({ ...now, name, parameters: JSON.parse(parameters) as Record<string, unknown>, settings: { ...now.settings, max_steps_parallelism: Number(parallel) || 0 } }))
      .then(() => told(`${name} is saved.`))
      .catch((error: unknown) => setProblem(error instanceof Error ? error : new Error(String(error))))
      .finally(() => setBusy(false));
  };
  return (
    <Stack component="form" onSubmit={submit}>
      <Title order={2}>Settings</Title>
      <ParametersField label="Pipeline parameters" hint={'Every step can read these: JSON like {"my-param": 1}. Jobs start from them.'} value={parameters} onChange={setParameters} refusal={about('parameters')} />
      <TextInput label="Pipeline name" value={name} onChange={(event) => setName(event.currentTarget.value)} error={about('name')} required />
      <NumberInput label="Steps side by side" description="At the most; 0 is no limit." min={0} value={parallel} onChange={setParallel} error={about('settings')} allowDecimal={false} />
      {problem && !['parameters', 'name', 'settings'].includes(refusal?.path[0] ?? '') && <ErrorBox error={problem} title="Not saved" />}
      <Group>
        <Button type="submit" loading={busy} disabled={objectProblem(parameters) !== undefined}>
          Save
        </Button>
        <Button variant="default" onClick={close}>
          Close
        </Button>
        <AppLink to="/projects/$owner/$slug/files/$" params={{ owner: project.owner, slug: project.slug, _splat: path }} search={{ edit: 'yes' }} size="sm">
          Edit the file as text
        </AppLink>
      </Group>
    </Stack>
  );
}
