import { Button, Center, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { useSignIn } from '../../api/session';
import { ErrorBox } from '../../parts/page';

/** Signing in, with what the server printed at its first start or what an administrator gave. */
export function SignIn() {
  const { to } = useSearch({ from: '/signin' });
  const { signIn } = useSignIn();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    signIn(name, password)
      .then(() => navigate({ href: to ?? '/', replace: true }))
      .catch(setProblem)
      .finally(() => setBusy(false));
  };
  return (
    <Center mih="100dvh" p="md" component="main">
      <Paper withBorder p="xl" w={380} maw="100%" component="form" onSubmit={submit}>
        <Stack>
          <Stack gap={4} align="center">
            <img src="/assets/icon.svg" width={44} height={44} alt="" />
            <Title order={1}>Switchyard</Title>
          </Stack>
          {problem !== undefined && <ErrorBox error={problem} title="Not signed in" />}
          <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} autoComplete="username" required autoFocus />
          <PasswordInput label="Password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} autoComplete="current-password" required />
          <Button type="submit" loading={busy}>
            Sign in
          </Button>
          <Text size="sm" c="var(--text-muted)">
            The first start of a server prints the password of <b>admin</b>. Lost it? Start the server once with <code>YARD_ADMIN_PASSWORD</code> set.
          </Text>
        </Stack>
      </Paper>
    </Center>
  );
}
