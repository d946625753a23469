import { Alert, Button, Code, Group, Menu, Modal, MultiSelect, Stack, Switch, Table, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDots, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { answer, api, ApiError, call } from '../../api/client';
import { useUser } from '../../api/session';
import type { User } from '../../api/types';
import { Copy, failed, told } from '../../parts/actions';
import { ErrorBox, Loading } from '../../parts/page';
import { Time } from '../../parts/time';
import { clustersQuery } from './pools';

/** A user as the OpenPAI dialect lists them: with the pools they may use, by commas. */
interface Granted {
  username: string;
  virtualCluster: string;
}

const grantsQuery = { queryKey: ['users', 'grants'], queryFn: () => call<Granted[]>('GET', '/api/v1/user') };

/** Users of this server: made, made administrators, deleted. */
export function Users() {
  const client = useQueryClient();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['users'],
    queryFn: ({ pageParam }) => answer(api.GET('/api/yard/v1/users', { params: { query: { limit: 200, ...(pageParam ? { after: pageParam } : {}) } } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_after || null,
  });
  const grants = useQuery(grantsQuery);
  const [opened, { open, close }] = useDisclosure();
  if (error) return <ErrorBox error={error} retry={() => void refetch()} />;
  if (!data) return <Loading />;
  const users = data.pages.flatMap((page) => page.users);
  const changed = (): Promise<unknown> => client.invalidateQueries({ queryKey: ['users'] });
  return (
    <Stack>
      <Group justify="space-between">
        <Text size="sm" c="var(--text-muted)">
          Administrators see and change everything; users what is theirs and their teams’.
        </Text>
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>
          New user
        </Button>
      </Group>
      <Table.ScrollContainer minWidth={720} className="card" type="native" tabIndex={0} role="region" aria-label="Users">
        <Table verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Name</Table.Th>
              <Table.Th>E-mail</Table.Th>
              <Table.Th>Role</Table.Th>
              <Table.Th>Pools</Table.Th>
              <Table.Th>Made</Table.Th>
              <Table.Th aria-label="Actions" />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {users.map((user) => (
              <UserRow key={user.name} user={user} pools={grants.data?.find((one) => one.username === user.name)?.virtualCluster.split(',').filter(Boolean)} changed={changed} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {hasNextPage && (
        <Button variant="default" onClick={() => void fetchNextPage()} loading={isFetchingNextPage}>
          More users
        </Button>
      )}
      <Modal opened={opened} onClose={close} title="New user" centered>
        <NewUser done={close} changed={changed} />
      </Modal>
    </Stack>
  );
}

type Asked = 'password' | 'key' | 'delete' | 'pools';

function UserRow({ user, pools, changed }: { user: User; pools: readonly string[] | undefined; changed: () => Promise<unknown> }) {
  const self = useUser();
  const [asked, setAsked] = useState<Asked>();
  const isSelf = self.name === user.name;
  const role = (admin: boolean): void => {
    answer(api.PATCH('/api/yard/v1/users/{name}', { params: { path: { name: user.name } }, body: { admin } })).then(changed, failed);
  };
  return (
    <Table.Tr>
      <Table.Td>
        <b>{user.name}</b>
      </Table.Td>
      <Table.Td className="breaks">{user.email ?? '–'}</Table.Td>
      <Table.Td>
        <Switch size="sm" label={user.admin ? 'Administrator' : 'User'} aria-label={`${user.name} is an administrator`} checked={user.admin} disabled={isSelf} onChange={(event) => role(event.currentTarget.checked)} />
      </Table.Td>
      <Table.Td>{user.admin ? 'all' : (pools?.join(', ') ?? '…')}</Table.Td>
      <Table.Td>
        <Time at={user.created_at} />
      </Table.Td>
      <Table.Td ta="right">
        <Menu position="bottom-end">
          <Menu.Target>
            <Button size="compact-sm" variant="subtle" color="gray" aria-label={`What can be done with ${user.name}`}>
              <IconDots size={16} aria-hidden />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item disabled={user.admin} onClick={() => setAsked('pools')}>
              Pools…
            </Menu.Item>
            <Menu.Item onClick={() => setAsked('password')}>New password…</Menu.Item>
            <Menu.Item onClick={() => setAsked('key')}>Revoke API key…</Menu.Item>
            <Menu.Item color="var(--state-red)" disabled={isSelf} onClick={() => setAsked('delete')}>
              Delete…
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
        <Modal opened={asked === 'pools'} onClose={() => setAsked(undefined)} title={`Pools of ${user.name}`} centered>
          <PoolsOf name={user.name} pools={pools ?? []} done={() => setAsked(undefined)} changed={changed} />
        </Modal>
        <Modal opened={asked === 'password'} onClose={() => setAsked(undefined)} title={`A new password for ${user.name}`} centered>
          <NewPassword name={user.name} done={() => setAsked(undefined)} />
        </Modal>
        <Ask
          opened={asked === 'key'}
          close={() => setAsked(undefined)}
          title={`Revoke the API key of ${user.name}?`}
          explain="Programs that start jobs with it are refused at once. The next time it is looked up there is another."
          confirm="Revoke"
          action={async () => {
            await answer(api.DELETE('/api/yard/v1/users/{name}/api-key', { params: { path: { name: user.name } } }));
            told(`The API key of ${user.name} is revoked.`);
          }}
        />
        <Ask
          opened={asked === 'delete'}
          close={() => setAsked(undefined)}
          title={`Delete ${user.name}?`}
          explain="Tokens, sessions and the API key end at once. Jobs, runs and projects stay, for administrators to see. This cannot be undone."
          confirm="Delete"
          action={async () => {
            await answer(api.DELETE('/api/yard/v1/users/{name}', { params: { path: { name: user.name } } }));
            told(`${user.name} is deleted.`);
            await changed();
          }}
        />
      </Table.Td>
    </Table.Tr>
  );
}

/** A question that a menu opened. */
function Ask({ opened, close, title, explain, confirm, action }: { opened: boolean; close: () => void; title: string; explain: ReactNode; confirm: string; action: () => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  return (
    <Modal opened={opened} onClose={close} title={title} centered>
      <Stack>
        <Text size="sm">{explain}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            Leave it
          </Button>
          <Button
            color="red"
            loading={busy}
            onClick={() => {
              setBusy(true);
              action()
                .then(close, (error: unknown) => failed(error))
                .finally(() => setBusy(false));
            }}
          >
            {confirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function PoolsOf({ name, pools, done, changed }: { name: string; pools: readonly string[]; done: () => void; changed: () => Promise<unknown> }) {
  const clusters = useQuery(clustersQuery);
  const [chosen, setChosen] = useState<string[]>([...pools]);
  return (
    <Stack>
      <MultiSelect label="May use" description="The pool “default” is everybody’s." data={Object.keys(clusters.data ?? {})} value={chosen} onChange={setChosen} comboboxProps={{ withinPortal: true }} data-autofocus />
      <Group justify="flex-end">
        <Button variant="default" onClick={done}>
          Leave it
        </Button>
        <Button onClick={() => void call('PUT', `/api/v1/user/${name}/virtualClusters`, { virtualClusters: chosen.join(',') }).then(changed).then(done, failed)}>Save</Button>
      </Group>
    </Stack>
  );
}

function NewPassword({ name, done }: { name: string; done: () => void }) {
  const [made, setMade] = useState<string>();
  const set = (): void => {
    const password = Array.from(crypto.getRandomValues(new Uint8Array(18)), (byte) => alphabet[byte % alphabet.length]).join('');
    answer(api.PATCH('/api/yard/v1/users/{name}', { params: { path: { name } }, body: { password } })).then(() => setMade(password), failed);
  };
  return made ? (
    <ShownOnce name={name} password={made} done={done} />
  ) : (
    <Stack>
      <Text size="sm">A made-up password takes the place of the old one and is shown once. Browsers that are signed in as them are signed out; tokens stay.</Text>
      <Group justify="flex-end">
        <Button variant="default" onClick={done} data-autofocus>
          Leave it
        </Button>
        <Button onClick={set}>Make one</Button>
      </Group>
    </Stack>
  );
}

// 32 characters without those that are taken for one another: five bits of a byte choose one evenly.
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789-';

function ShownOnce({ name, password, done }: { name: string; password: string; done: () => void }) {
  return (
    <Stack>
      <Alert color="yellow" variant="outline" title="Copy it now">
        The password of {name} is shown this once. They change it in Settings.
      </Alert>
      <Group gap="xs" wrap="nowrap">
        <Code block style={{ flex: 1 }} data-testid="password-text">
          {password}
        </Code>
        <Copy value={password} label="Copy the password" />
      </Group>
      <Group justify="flex-end">
        <Button onClick={done}>Done</Button>
      </Group>
    </Stack>
  );
}

function NewUser({ done, changed }: { done: () => void; changed: () => Promise<unknown> }) {
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [admin, setAdmin] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiError>();
  const [password, setPassword] = useState<string>();
  const make = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    answer(api.POST('/api/yard/v1/users', { body: { name, admin, ...(email ? { email } : {}) } }))
      .then((made) => {
        setPassword(made.password ?? '');
        return changed();
      })
      .catch((error: unknown) => setProblem(error instanceof ApiError ? error : new ApiError(0, String(error), '')))
      .finally(() => setBusy(false));
  };
  if (password !== undefined) return <ShownOnce name={name} password={password} done={done} />;
  return (
    <Stack component="form" onSubmit={make}>
      {problem && !['name', 'email'].includes(problem.field ?? '') && <ErrorBox error={problem} />}
      <TextInput label="Name" description="Letters, digits and “_”. It does not change." value={name} onChange={(event) => setName(event.currentTarget.value)} error={problem?.field === 'name' && problem.message} required data-autofocus />
      <TextInput label="E-mail" type="email" value={email} onChange={(event) => setEmail(event.currentTarget.value)} error={problem?.field === 'email' && problem.message} />
      <Switch label="Administrator" checked={admin} onChange={(event) => setAdmin(event.currentTarget.checked)} />
      <Group justify="flex-end">
        <Button variant="default" onClick={done}>
          Leave it
        </Button>
        <Button type="submit" loading={busy}>
          Make the user
        </Button>
      </Group>
    </Stack>
  );
}
