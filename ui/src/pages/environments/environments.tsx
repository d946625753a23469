import { Button, Group, Modal, Select, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { call } from '../../api/client';
import { AppLink, ButtonLink } from '../../parts/links';
import { Empty, ErrorBox, Loading, Page } from '../../parts/page';
import { useAccount } from '../../shell/account';
import { orchestProjectsQuery, type Environment, type OrchestProject } from '../projects/data';
import { languages } from './languages';

/** The environments of all projects of the chosen account. */
export function Environments() {
  const [account] = useAccount();
  const { data, error, refetch } = useQuery(orchestProjectsQuery);
  const [opened, { open, close }] = useDisclosure();
  const own = data?.filter((project) => account === null || project.owner === account) ?? [];
  const having = own.filter((project) => project.environment_count > 0);
  return (
    <Page
      title="Environments"
      tab="Environments"
      eyebrow={account ? `of ${account}` : undefined}
      actions={
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open} disabled={!data}>
          New environment
        </Button>
      }
    >
      {error ? (
        <ErrorBox error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Loading />
      ) : having.length === 0 ? (
        <Empty title="No environments yet" action={own.length === 0 ? <ButtonLink to="/projects">Make a project first</ButtonLink> : undefined}>
          An environment is what a setup script installs for the steps of a pipeline. It belongs to a project and lies among its files; a job keeps the one it was made with.
        </Empty>
      ) : (
        <Stack>
          {having.map((project) => (
            <OfProject key={project.uuid} project={project} />
          ))}
        </Stack>
      )}
      <Modal opened={opened} onClose={close} title="New environment" centered>
        <NewEnvironment projects={own} close={close} />
      </Modal>
    </Page>
  );
}

function OfProject({ project }: { project: OrchestProject }) {
  const { owner, slug } = project;
  const { data, error } = useQuery({ queryKey: ['environments', owner, slug], queryFn: () => call<Environment[]>('GET', `/store/environments/${project.uuid}`) });
  return (
    <Stack className="card" p="md" gap="xs" component="section" aria-label={`Environments of ${owner}/${slug}`}>
      <Title order={2}>
        <AppLink to="/projects/$owner/$slug" params={{ owner, slug }} inherit>
          {owner}/{slug}
        </AppLink>
      </Title>
      {error ? (
        <ErrorBox error={error} />
      ) : !data ? (
        <Loading rows={project.environment_count} />
      ) : (
        <Table.ScrollContainer minWidth={460} type="native" tabIndex={0} role="region" aria-label={`Environments of ${owner}/${slug}, as a table`}>
          <Table verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                <Table.Th>Language</Table.Th>
                <Table.Th>Base image</Table.Th>
                <Table.Th>Setup script</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.map((environment) => (
                <Table.Tr key={environment.uuid}>
                  <Table.Td>
                    <AppLink to="/environments/$owner/$slug/$environmentId" params={{ owner, slug, environmentId: environment.uuid }} fw={600}>
                      {environment.name}
                    </AppLink>
                  </Table.Td>
                  <Table.Td>{languages[environment.language] ?? environment.language}</Table.Td>
                  <Table.Td className="mono breaks">{environment.base_image || '–'}</Table.Td>
                  <Table.Td>{environment.setup_script.trim() ? `${environment.setup_script.trim().split('\n').length} lines` : 'none'}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Stack>
  );
}

function NewEnvironment({ projects, close }: { projects: readonly OrchestProject[]; close: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [uuid, setUuid] = useState<string | null>(projects.length === 1 ? projects[0]!.uuid : null);
  const [name, setName] = useState('');
  const [language, setLanguage] = useState('python');
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const make = (event: FormEvent): void => {
    event.preventDefault();
    const project = projects.find((one) => one.uuid === uuid);
    if (!project) return;
    setBusy(true);
    setProblem(undefined);
    call<Environment>('POST', `/store/environments/${project.uuid}/new`, { name, language, base_image: '', setup_script: '' })
      .then(async (made) => {
        for (const key of [['environments', project.owner, project.slug], ['projects', 'counted']]) void client.invalidateQueries({ queryKey: key });
        await navigate({ to: '/environments/$owner/$slug/$environmentId', params: { owner: project.owner, slug: project.slug, environmentId: made.uuid } });
      })
      .catch(setProblem)
      .finally(() => setBusy(false));
  };
  return (
    <Stack component="form" onSubmit={make}>
      {problem !== undefined && <ErrorBox error={problem} />}
      <Select label="Project" data={projects.map((project) => ({ value: project.uuid, label: `${project.owner}/${project.slug}` }))} value={uuid} onChange={setUuid} searchable required nothingFoundMessage="No such project" />
      <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} required data-autofocus />
      <Select label="Language" data={Object.entries(languages).map(([value, label]) => ({ value, label }))} value={language} onChange={(value) => value && setLanguage(value)} allowDeselect={false} />
      <Text size="sm" c="var(--text-muted)">
        The setup script comes next.
      </Text>
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
