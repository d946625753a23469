import { ActionIcon, Button, Group, Stack, Table, Text, TextInput, Title, Tooltip } from '@mantine/core';
import { IconEye, IconEyeOff, IconPlus, IconTrash } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { answer, api } from '../../api/client';
import type { Project } from '../../api/types';
import { Confirm, failed, told } from '../../parts/actions';
import { ErrorBox } from '../../parts/page';
import { projectQuery } from './data';
import { ProjectFrame } from './frame';
import { environmentOf, rowsOf, twice, type Variable } from './variables';

/** A project's name and variables, and the way to delete it. */
export function ProjectSettings() {
  const { owner, slug } = useParams({ from: '/app/projects/$owner/$slug/settings' });
  return (
    <ProjectFrame owner={owner} slug={slug} tab="Settings">
      {(project) => (
        <Stack gap="lg" maw={860}>
          <Name project={project} key={`name ${project.changed_at}`} />
          <Variables project={project} key={`variables ${project.changed_at}`} />
          <Delete project={project} />
        </Stack>
      )}
    </ProjectFrame>
  );
}

function useChange(project: Project): (change: { name?: string; environment?: Record<string, string> }) => Promise<void> {
  const client = useQueryClient();
  return async (change) => {
    const changed = await answer(api.PATCH('/api/yard/v1/projects/{owner}/{slug}', { params: { path: { owner: project.owner, slug: project.slug } }, body: change }));
    client.setQueryData(projectQuery(project.owner, project.slug).queryKey, changed);
    void client.invalidateQueries({ queryKey: ['projects'] });
  };
}

function Name({ project }: { project: Project }) {
  const change = useChange(project);
  const [name, setName] = useState(project.name);
  const save = (event: FormEvent): void => {
    event.preventDefault();
    change({ name }).then(() => told('The name is saved.'), failed);
  };
  return (
    <Stack className="card" p="md" component="form" onSubmit={save}>
      <Title order={2}>Name</Title>
      <TextInput label="What people call it" description={`Its address stays ${project.owner}/${project.slug}.`} value={name} onChange={(event) => setName(event.currentTarget.value)} required maw={480} />
      <Group>
        <Button type="submit" disabled={name === project.name || name.trim() === ''}>
          Save
        </Button>
      </Group>
    </Stack>
  );
}

function Variables({ project }: { project: Project }) {
  const change = useChange(project);
  const [rows, setRows] = useState<Variable[]>(() => rowsOf(project.environment));
  const [shown, setShown] = useState<ReadonlySet<number>>(new Set());
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const doubles = twice(rows);
  const same = JSON.stringify(environmentOf(rows)) === JSON.stringify(environmentOf(rowsOf(project.environment)));
  const set = (id: number, part: Partial<Variable>): void => setRows((all) => all.map((row) => (row.id === id ? { ...row, ...part } : row)));
  const add = (): void => {
    const id = Math.max(0, ...rows.map((row) => row.id + 1));
    setRows([...rows, { id, name: '', value: '' }]);
    setShown(new Set([...shown, id]));
  };
  const save = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    change({ environment: environmentOf(rows) })
      .then(() => told('The variables are saved. Runs that start from now on have them.'))
      .catch(setProblem)
      .finally(() => setBusy(false));
  };
  return (
    <Stack className="card" p="md" component="form" onSubmit={save}>
      <Title order={2}>Environment variables</Title>
      <Text size="sm" c="var(--text-muted)">
        Every run of the project’s jobs has these in its environment. A job’s own variables, and those of a single run, win over them. Values are hidden until you ask.
      </Text>
      {problem !== undefined && <ErrorBox error={problem} />}
      {rows.length > 0 && (
        <Table.ScrollContainer minWidth={300} type="native">
          <Table verticalSpacing={4} aria-label="Environment variables">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                <Table.Th>Value</Table.Th>
                <Table.Th aria-label="Actions" w={84} />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row, index) => {
                const isShown = shown.has(row.id);
                const called = row.name || `variable ${index + 1}`;
                return (
                  <Table.Tr key={row.id}>
                    <Table.Td>
                      <TextInput aria-label={`Name of variable ${index + 1}`} value={row.name} onChange={(event) => set(row.id, { name: event.currentTarget.value })} error={doubles.has(row.name) ? 'It stands here twice.' : undefined} classNames={{ input: 'mono' }} spellCheck={false} required={row.value !== ''} />
                    </Table.Td>
                    <Table.Td>
                      <TextInput aria-label={`Value of ${called}`} type={isShown ? 'text' : 'password'} autoComplete="off" value={row.value} onChange={(event) => set(row.id, { value: event.currentTarget.value })} classNames={{ input: 'mono' }} spellCheck={false} />
                    </Table.Td>
                    <Table.Td>
                      <Group gap={4} wrap="nowrap">
                        <Tooltip label={isShown ? 'Hide' : 'Show'}>
                          <ActionIcon variant="subtle" color="gray" aria-label={`${isShown ? 'Hide' : 'Show'} the value of ${called}`} onClick={() => setShown(isShown ? new Set([...shown].filter((id) => id !== row.id)) : new Set([...shown, row.id]))}>
                            {isShown ? <IconEyeOff size={16} aria-hidden /> : <IconEye size={16} aria-hidden />}
                          </ActionIcon>
                        </Tooltip>
                        <Tooltip label="Remove">
                          <ActionIcon variant="subtle" color="gray" aria-label={`Remove ${called}`} onClick={() => setRows(rows.filter((one) => one.id !== row.id))}>
                            <IconTrash size={16} aria-hidden />
                          </ActionIcon>
                        </Tooltip>
                      </Group>
                    </Table.Td>
                  </Table.Tr>
                );
              })}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <Group>
        <Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={add}>
          Add a variable
        </Button>
        <Button type="submit" loading={busy} disabled={same || doubles.size > 0}>
          Save variables
        </Button>
      </Group>
    </Stack>
  );
}

function Delete({ project }: { project: Project }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return (
    <Stack className="card" p="md">
      <Title order={2}>Delete</Title>
      <Text size="sm">Its files and its jobs go with it; runs that were made stay, with their logs.</Text>
      <Group>
        <Confirm
          color="red"
          variant="outline"
          label="Delete this project"
          title={`Delete ${project.name}?`}
          explain={
            <>
              All files of <b>{project.owner}/{project.slug}</b> and all its jobs of every API are deleted, with their schedules. Runs stay, with their logs. This cannot be undone. (Files of a mounted directory stay where they are.)
            </>
          }
          confirm="Delete project, files and jobs"
          action={async () => {
            await answer(api.DELETE('/api/yard/v1/projects/{owner}/{slug}', { params: { path: { owner: project.owner, slug: project.slug } } }));
            told(`${project.name} is deleted.`);
            await navigate({ to: '/projects', search: {} });
            await client.invalidateQueries({ queryKey: ['projects'] });
          }}
        />
      </Group>
    </Stack>
  );
}
