import { Badge, Button, Group, Modal, Stack, Switch, Table, Text, TextInput, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { answer, api } from '../../api/client';
import { sessionQuery, useUser } from '../../api/session';
import type { Team } from '../../api/types';
import { Confirm, failed, told } from '../../parts/actions';
import { Empty, ErrorBox, Loading } from '../../parts/page';
import { Time } from '../../parts/time';

/** Teams one is in (administrators: all), who is in them, and a form to make one. */
export function Teams() {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['teams'],
    queryFn: ({ pageParam }) => answer(api.GET('/api/yard/v1/teams', { params: { query: { limit: 100, ...(pageParam ? { after: pageParam } : {}) } } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_after || null,
  });
  const [opened, { open, close }] = useDisclosure();
  if (error) return <ErrorBox error={error} retry={() => void refetch()} />;
  if (!data) return <Loading />;
  const teams = data.pages.flatMap((page) => page.teams);
  return (
    <Stack>
      <Group justify="space-between" align="flex-start">
        <Text size="sm" c="var(--text-muted)" maw={640}>
          A team owns projects as a user does. Whoever is in it may do with its projects, jobs and runs what they may do with their own; others see nothing of them.
        </Text>
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>
          New team
        </Button>
      </Group>
      {teams.length === 0 ? (
        <Empty title="No teams yet">Make one and take colleagues in; its projects then show under its name at the upper right.</Empty>
      ) : (
        teams.map((team) => <TeamCard key={team.name} name={team.name} />)
      )}
      {hasNextPage && (
        <Button variant="default" onClick={() => void fetchNextPage()} loading={isFetchingNextPage}>
          More teams
        </Button>
      )}
      <Modal opened={opened} onClose={close} title="New team" centered>
        <NewTeam done={close} />
      </Modal>
    </Stack>
  );
}

const teamKey = (name: string): string[] => ['team', name];

function TeamCard({ name }: { name: string }) {
  const user = useUser();
  const client = useQueryClient();
  const { data, error } = useQuery({ queryKey: teamKey(name), queryFn: () => answer(api.GET('/api/yard/v1/teams/{team}', { params: { path: { team: name } } })) });
  const members = data?.members ?? [];
  const self = members.find((member) => member.name === user.name);
  const mayChange = user.admin || self?.admin === true;
  const changed = async (): Promise<void> => {
    await Promise.all([client.invalidateQueries({ queryKey: teamKey(name) }), client.invalidateQueries({ queryKey: ['teams'] }), client.invalidateQueries({ queryKey: sessionQuery.queryKey })]);
  };
  const put = async (member: string, admin?: boolean): Promise<void> => {
    await answer(api.PUT('/api/yard/v1/teams/{team}/members/{name}', { params: { path: { team: name, name: member } }, body: admin === undefined ? {} : { admin } }));
    await changed();
  };
  return (
    <Stack className="card" p="md" gap="sm" component="section" aria-label={`Team ${name}`}>
      <Group justify="space-between">
        <Group gap="xs">
          <Title order={2}>{name}</Title>
          <Text size="sm" c="var(--text-muted)">
            {data ? <Time at={data.created_at} prefix="made " /> : ' '}
          </Text>
        </Group>
        <Group gap="xs">
          {self && (
            <Confirm size="xs" label="Leave" title={`Leave ${name}?`} explain="You see nothing of its projects, jobs and runs from then on. Somebody of the team can take you in again." confirm="Leave" action={() => remove(name, user.name).then(changed)} />
          )}
          {mayChange && (
            <Confirm
              size="xs"
              label="Delete"
              title={`Delete the team ${name}?`}
              explain="It must own no project any more: delete its projects first. Its members stay users."
              confirm="Delete"
              action={async () => {
                await answer(api.DELETE('/api/yard/v1/teams/{team}', { params: { path: { team: name } } }));
                told(`The team ${name} is deleted.`);
                await changed();
              }}
            />
          )}
        </Group>
      </Group>
      {error ? (
        <ErrorBox error={error} />
      ) : (
        <Table.ScrollContainer minWidth={420} type="native">
          <Table aria-label={`Members of ${name}`} verticalSpacing={6}>
            <Table.Tbody>
              {members.map((member) => (
                <Table.Tr key={member.name}>
                  <Table.Td>
                    {member.name} {member.name === user.name && <Badge variant="default" tt="none">you</Badge>}
                  </Table.Td>
                  <Table.Td w={210}>
                    {mayChange ? (
                      <Switch size="sm" label="Administers the team" checked={member.admin} onChange={(event) => put(member.name, event.currentTarget.checked).catch(failed)} />
                    ) : member.admin ? (
                      'administers the team'
                    ) : (
                      ''
                    )}
                  </Table.Td>
                  <Table.Td ta="right" w={120}>
                    {mayChange && member.name !== user.name && (
                      <Confirm size="compact-sm" label="Take out" title={`Take ${member.name} out of ${name}?`} explain={`${member.name} sees nothing of the team’s projects, jobs and runs from then on. Jobs and runs stay.`} confirm="Take out" action={() => remove(name, member.name).then(changed)} />
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {mayChange && <AddMember team={name} add={put} />}
    </Stack>
  );
}

const remove = (team: string, name: string): Promise<unknown> => answer(api.DELETE('/api/yard/v1/teams/{team}/members/{name}', { params: { path: { team, name } } }));

function AddMember({ team, add }: { team: string; add: (name: string) => Promise<void> }) {
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string>();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setProblem(undefined);
    add(name.trim())
      .then(() => setName(''))
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)));
  };
  return (
    <Group component="form" onSubmit={submit} gap="xs" align="flex-start">
      <TextInput aria-label={`Name of a user to take into ${team}`} placeholder="Name of a user" size="xs" value={name} onChange={(event) => setName(event.currentTarget.value)} error={problem} required />
      <Button type="submit" size="xs" variant="default">
        Take in
      </Button>
    </Group>
  );
}

function NewTeam({ done }: { done: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const make = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    answer(api.POST('/api/yard/v1/teams', { body: { name } }))
      .then(async (team: Team) => {
        client.setQueryData(teamKey(team.name), team);
        await Promise.all([client.invalidateQueries({ queryKey: ['teams'] }), client.invalidateQueries({ queryKey: sessionQuery.queryKey })]);
        done();
      })
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)))
      .finally(() => setBusy(false));
  };
  return (
    <Stack component="form" onSubmit={make}>
      <TextInput label="Name" description="Lower-case letters, digits and dashes: it stands in addresses. It does not change." placeholder="risk-team" value={name} onChange={(event) => setName(event.currentTarget.value)} error={problem} required data-autofocus />
      <Group justify="flex-end">
        <Button variant="default" onClick={done}>
          Leave it
        </Button>
        <Button type="submit" loading={busy}>
          Make it
        </Button>
      </Group>
    </Stack>
  );
}
