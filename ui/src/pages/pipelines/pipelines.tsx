import { Button, Group, Modal, Select, Stack, Table, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState, type FormEvent } from 'react';
import { call } from '../../api/client';
import { AppLink, ButtonLink } from '../../parts/links';
import { Empty, ErrorBox, Loading, Page } from '../../parts/page';
import { useAccount } from '../../shell/account';
import { orchestProjectsQuery, type OrchestProject, type PipelineEntry } from '../projects/data';

const pipelinesQuery = queryOptions({ queryKey: ['pipelines', 'all'], queryFn: async () => (await call<{ result: PipelineEntry[] }>('GET', '/async/pipelines')).result });

/** Rows drawn at once; a search narrows longer lists. */
const most = 500;

/** The pipelines of all projects of the chosen account. */
export function Pipelines() {
  const [account] = useAccount();
  const pipelines = useQuery(pipelinesQuery);
  const projects = useQuery(orchestProjectsQuery);
  const [search, setSearch] = useState('');
  const [opened, { open, close }] = useDisclosure();
  const error = pipelines.error ?? projects.error;
  const rows = useMemo(() => {
    const known = new Map(projects.data?.map((project) => [project.uuid, project]));
    const words = search.toLowerCase();
    return (pipelines.data ?? [])
      .flatMap((pipeline) => {
        const project = known.get(pipeline.project_uuid);
        return project && (account === null || project.owner === account) ? [{ pipeline, project }] : [];
      })
      .filter(({ pipeline, project }) => `${pipeline.name} ${pipeline.path} ${project.path}`.toLowerCase().includes(words));
  }, [pipelines.data, projects.data, account, search]);
  return (
    <Page
      title="Pipelines"
      tab="Pipelines"
      eyebrow={account ? `of ${account}` : undefined}
      actions={
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open} disabled={!projects.data}>
          New pipeline
        </Button>
      }
    >
      {error ? (
        <ErrorBox error={error} retry={() => void Promise.all([pipelines.refetch(), projects.refetch()])} />
      ) : !pipelines.data || !projects.data ? (
        <Loading />
      ) : rows.length === 0 && search === '' ? (
        <Empty title="No pipelines yet" action={projects.data.length === 0 ? <ButtonLink to="/projects">Make a project first</ButtonLink> : undefined}>
          A pipeline is a file of a project that ends in .orchest: steps (scripts and notebooks), and what leads to what. Orchest jobs run it for many parameters.
        </Empty>
      ) : (
        <Stack>
          <TextInput aria-label="Search pipelines" placeholder="Search" leftSection={<IconSearch size={16} aria-hidden />} value={search} onChange={(event) => setSearch(event.currentTarget.value)} maw={360} />
          <Table.ScrollContainer minWidth={520} className="card" type="native" tabIndex={0} role="region" aria-label="Pipelines">
            <Table verticalSpacing="xs" highlightOnHover>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Pipeline</Table.Th>
                  <Table.Th>Project</Table.Th>
                  <Table.Th>File</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.slice(0, most).map(({ pipeline, project }) => (
                  <Table.Tr key={`${project.uuid} ${pipeline.path}`}>
                    <Table.Td className="breaks">
                      <AppLink to="/pipelines/$owner/$slug/$" params={{ owner: project.owner, slug: project.slug, _splat: pipeline.path }} fw={600}>
                        {pipeline.name}
                      </AppLink>
                    </Table.Td>
                    <Table.Td>
                      <AppLink to="/projects/$owner/$slug" params={{ owner: project.owner, slug: project.slug }}>
                        {project.owner}/{project.slug}
                      </AppLink>
                    </Table.Td>
                    <Table.Td className="mono breaks">{pipeline.path}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
          {rows.length > most && (
            <Text size="sm" c="var(--text-muted)">
              {rows.length - most} more; search narrows the list.
            </Text>
          )}
          {rows.length === 0 && <Empty title="Nothing of this name" />}
        </Stack>
      )}
      <Modal opened={opened} onClose={close} title="New pipeline" centered>
        <NewPipeline projects={(projects.data ?? []).filter((project) => account === null || project.owner === account)} close={close} />
      </Modal>
    </Page>
  );
}

function NewPipeline({ projects, close }: { projects: readonly OrchestProject[]; close: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [uuid, setUuid] = useState<string | null>(projects.length === 1 ? projects[0]!.uuid : null);
  const [name, setName] = useState('');
  const [path, setPath] = useState('');
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const suggested = `${name.trim().toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '') || 'main'}.orchest`;
  const make = (event: FormEvent): void => {
    event.preventDefault();
    const project = projects.find((one) => one.uuid === uuid);
    if (!project) return;
    const place = path || suggested;
    setBusy(true);
    setProblem(undefined);
    call('POST', `/async/pipelines/create/${project.uuid}`, { name, pipeline_path: place })
      .then(async () => {
        for (const key of ['pipelines', 'files']) void client.invalidateQueries({ queryKey: [key] });
        await navigate({ to: '/pipelines/$owner/$slug/$', params: { owner: project.owner, slug: project.slug, _splat: place } });
      })
      .catch(setProblem)
      .finally(() => setBusy(false));
  };
  return (
    <Stack component="form" onSubmit={make}>
      {problem !== undefined && <ErrorBox error={problem} />}
      <Select label="Project" data={projects.map((project) => ({ value: project.uuid, label: `${project.owner}/${project.slug}` }))} value={uuid} onChange={setUuid} searchable required nothingFoundMessage="No such project" />
      <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} required data-autofocus />
      <TextInput label="File" description="Where it lies in the project; folders are made." placeholder={suggested} value={path} onChange={(event) => setPath(event.currentTarget.value)} />
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          Leave it
        </Button>
        <Button type="submit" loading={busy}>
          Make it
        </Button>
      </Group>
    </Stack>
  );
}
