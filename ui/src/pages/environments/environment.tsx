import { Alert, Button, Group, Select, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconHammer } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { call } from '../../api/client';
import type { Project } from '../../api/types';
import { Confirm, Copy, failed, told } from '../../parts/actions';
import { Code } from '../../parts/code';
import { AppLink } from '../../parts/links';
import { ErrorBox, Loading, Page } from '../../parts/page';
import { environmentsOf, projectQuery, projectUuid, type Environment } from '../projects/data';
import { Builds } from './builds';
import { languages } from './languages';
import { PinnedBy } from './pinned-by';

/** An environment: what it installs, its builds, and the jobs that keep it. */
export function EnvironmentPage() {
  const { owner, slug, environmentId } = useParams({ from: '/app/environments/$owner/$slug/$environmentId' });
  const project = useQuery(projectQuery(owner, slug));
  const address = project.data && `/store/environments/${projectUuid(project.data.id)}/${environmentId}`;
  const { data, error, refetch } = useQuery({ queryKey: ['environment', owner, slug, environmentId], queryFn: () => call<Environment>('GET', address ?? ''), enabled: address !== undefined });
  const name = data?.name ?? environmentId;
  const problem = project.error ?? error;
  return (
    <Page
      title={name}
      tab={`${name} · Environment`}
      eyebrow={
        <>
          <AppLink to="/environments">Environments</AppLink> /{' '}
          <AppLink to="/projects/$owner/$slug" params={{ owner, slug }}>
            {owner}/{slug}
          </AppLink>{' '}
          / <span className="mono">{environmentId}</span> <Copy value={environmentId} label="Copy the UUID" />
        </>
      }
    >
      {problem ? <ErrorBox error={problem} retry={() => void refetch()} /> : !data || !project.data || !address ? <Loading /> : <Whole key={environmentId} project={project.data} environment={data} address={address} />}
    </Page>
  );
}

function Whole({ project, environment, address }: { project: Project; environment: Environment; address: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState(environment.name);
  const [language, setLanguage] = useState(environment.language);
  const [image, setImage] = useState(environment.base_image);
  const [script, setScript] = useState(environment.setup_script);
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState<'save' | 'build'>();
  const [run, setRun] = useState<number>();
  const isDirty = name !== environment.name || language !== environment.language || image !== environment.base_image || script !== environment.setup_script;
  const save = async (): Promise<void> => {
    const saved = await call<Environment>('PUT', address, { ...environment, name, language, base_image: image, setup_script: script });
    client.setQueryData(['environment', project.owner, project.slug, environment.uuid], saved);
    void client.invalidateQueries({ queryKey: environmentsOf(project).queryKey });
  };
  const build = async (): Promise<void> => {
    if (isDirty) await save();
    const made = await call<{ run_id: number }>('POST', `${address}/builds`);
    setRun(made.run_id);
    await client.invalidateQueries({ queryKey: ['builds', environment.uuid] });
  };
  const act = (what: 'save' | 'build', action: () => Promise<void>): void => {
    setBusy(what);
    setProblem(undefined);
    action()
      .then(() => what === 'save' && told(`${name} is saved. Jobs that were made before keep what they froze.`))
      .catch(setProblem)
      .finally(() => setBusy(undefined));
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    act('save', save);
  };
  return (
    <Stack gap="lg">
      <Stack className="card" p="md" component="form" onSubmit={submit}>
        {problem !== undefined && <ErrorBox error={problem} />}
        <Group align="flex-start" grow preventGrowOverflow={false}>
          <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} required miw={180} />
          <Select label="Language" data={Object.entries(languages).map(([value, label]) => ({ value, label }))} value={language} onChange={(value) => value && setLanguage(value)} allowDeselect={false} miw={140} />
          <TextInput label="Base image" placeholder="The machine’s own programs" value={image} onChange={(event) => setImage(event.currentTarget.value)} miw={220} spellCheck={false} />
        </Group>
        {image !== '' && !/^(docker\.io\/)?orchest\//.test(image) && (
          <Alert variant="outline" color="gray" title="A container image">
            Steps run in containers of this image where the server has a container runtime; elsewhere the image is kept and the machine’s own programs are used.
          </Alert>
        )}
        <Stack gap={4}>
          <Text size="sm" fw={500}>
            Setup script
          </Text>
          <Text size="sm" c="var(--text-muted)">
            Run by bash once, as in <code>pip install polars</code>; what it installs is kept for all that have the same script. It sees the project’s files and variables.
          </Text>
          <Code value={script} onChange={setScript} language="sh" label="Setup script" height={220} />
        </Stack>
        <Group>
          <Button type="submit" loading={busy === 'save'} disabled={!isDirty}>
            Save
          </Button>
          <Button variant="default" leftSection={<IconHammer size={16} aria-hidden />} loading={busy === 'build'} onClick={() => act('build', build)}>
            {isDirty ? 'Save and build' : 'Build'}
          </Button>
          <Confirm
            label="Delete"
            title={`Delete ${environment.name}?`}
            explain="Pipelines of the project that name it can no longer be run as new jobs. Jobs that were made before keep what they froze."
            confirm="Delete"
            action={async () => {
              await call('DELETE', address);
              for (const key of [environmentsOf(project).queryKey, ['projects', 'counted']]) void client.invalidateQueries({ queryKey: key });
              await navigate({ to: '/environments', search: {} }).catch(failed);
            }}
          />
        </Group>
        <Text size="sm" c="var(--text-muted)">
          Building now spares the first step that needs it the wait. The script here changes nothing for jobs that were made already.
        </Text>
      </Stack>
      <section aria-label="Builds">
        <Title order={2} mb="xs">
          Builds
        </Title>
        <Builds environment={environment.uuid} address={address} chosen={run} choose={setRun} />
      </section>
      <section aria-label="Jobs that use it">
        <Title order={2} mb="xs">
          Jobs that use it
        </Title>
        <PinnedBy project={project} environment={environment} />
      </section>
    </Stack>
  );
}
