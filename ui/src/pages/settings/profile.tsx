import { Button, Group, PasswordInput, SimpleGrid, Stack, Text, TextInput, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { answer, api, ApiError } from '../../api/client';
import { sessionQuery, useUser } from '../../api/session';
import { failed, told } from '../../parts/actions';
import { Time } from '../../parts/time';

/** Who one is: address and password. */
export function Profile() {
  const user = useUser();
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      <Address key={user.email ?? ''} />
      <Password />
      <Stack className="card" p="md" gap={4}>
        <Title order={2}>Account</Title>
        <Text size="sm">
          Name: <b>{user.name}</b> · {user.admin ? 'administrator of this server' : 'user'}
        </Text>
        <Text size="sm" c="var(--text-muted)">
          Made <Time at={user.created_at} />. A name does not change.
        </Text>
      </Stack>
    </SimpleGrid>
  );
}

function Address() {
  const user = useUser();
  const client = useQueryClient();
  const [email, setEmail] = useState(user.email ?? '');
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const save = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    answer(api.PATCH('/api/yard/v1/users/{name}', { params: { path: { name: user.name } }, body: { email } }))
      .then((changed) => {
        client.setQueryData(sessionQuery.queryKey, (kept) => (kept ? { ...kept, user: changed } : kept));
        told('Your e-mail address is saved.');
      })
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)))
      .finally(() => setBusy(false));
  };
  return (
    <Stack className="card" p="md" component="form" onSubmit={save}>
      <Title order={2}>E-mail</Title>
      <TextInput label="Address" description="Where reports of your jobs go unless the job says otherwise." type="email" value={email} onChange={(event) => setEmail(event.currentTarget.value)} error={problem} autoComplete="email" />
      <Group>
        <Button type="submit" loading={busy} disabled={email === (user.email ?? '')}>
          Save
        </Button>
      </Group>
    </Stack>
  );
}

function Password() {
  const user = useUser();
  const [first, setFirst] = useState('');
  const [second, setSecond] = useState('');
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const save = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    answer(api.PATCH('/api/yard/v1/users/{name}', { params: { path: { name: user.name } }, body: { password: first } }))
      .then(() => {
        setFirst('');
        setSecond('');
        told('Your password is changed. Other browsers are signed out; tokens stay until you revoke them.');
      })
      .catch((error: unknown) => (error instanceof ApiError && error.field === 'password' ? setProblem(error.message) : failed(error)))
      .finally(() => setBusy(false));
  };
  return (
    <Stack className="card" p="md" component="form" onSubmit={save}>
      <Title order={2}>Password</Title>
      <input type="text" name="username" autoComplete="username" value={user.name} readOnly hidden />
      <PasswordInput label="New password" description="8 characters or more." value={first} onChange={(event) => setFirst(event.currentTarget.value)} error={problem} autoComplete="new-password" required visibilityToggleButtonProps={{ 'aria-label': 'Show the new password' }} />
      <PasswordInput label="The same again" value={second} onChange={(event) => setSecond(event.currentTarget.value)} error={second !== '' && first !== second ? 'The two are not the same.' : undefined} autoComplete="new-password" required visibilityToggleButtonProps={{ 'aria-label': 'Show the repeated password' }} />
      <Group>
        <Button type="submit" loading={busy} disabled={first === '' || first !== second}>
          Change password
        </Button>
      </Group>
    </Stack>
  );
}
