import { Alert, Button, Center, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconAlertCircle, IconPlugConnectedX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState, type FormEvent } from 'react';
import { ApiError } from '../../api/client';
import { sessionQuery, useSignIn } from '../../api/session';

/** Signing in, with what the server printed at its first start or what an administrator gave. */
export function SignIn() {
  const { to } = useSearch({ from: '/signin' });
  const { signIn } = useSignIn();
  const navigate = useNavigate();
  const session = useQuery(sessionQuery);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const isSignedIn = session.data?.signed_in === true;
  // While the server is away the session is asked for again and again; the first failure is already known.
  const isAway = (session.failureReason instanceof ApiError && session.failureReason.isAway) || (problem instanceof ApiError && problem.isAway);
  useEffect(() => {
    document.title = 'Sign in · Switchyard';
  }, []);
  useEffect(() => {
    if (isSignedIn) void navigate({ href: to ?? '/', replace: true });
  }, [isSignedIn, navigate, to]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    // Once signed in the effect above goes on.
    signIn(name, password)
      .catch((error: unknown) => {
        setProblem(error);
        if (error instanceof ApiError && error.isAway) void session.refetch();
      })
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
          {isAway ? (
            <Alert color="orange" variant="outline" icon={<IconPlugConnectedX aria-hidden />} title="The server does not answer" role="alert">
              It may be starting. You can sign in as soon as it is there; this page keeps looking.
            </Alert>
          ) : problem !== undefined ? (
            <Alert color="red" variant="outline" icon={<IconAlertCircle aria-hidden />} title="Not signed in" role="alert">
              {problem instanceof Error ? problem.message : String(problem)}
            </Alert>
          ) : null}
          <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} autoComplete="username" autoCapitalize="none" spellCheck={false} required autoFocus />
          <PasswordInput label="Password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} autoComplete="current-password" required visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }} />
          <Button type="submit" loading={busy}>
            Sign in
          </Button>
          <Text size="sm" c="var(--text-muted)">
            First time here? The first start of a server prints the password of <b>admin</b> in its terminal or log. Lost it? Start the server once with <code>YARD_ADMIN_PASSWORD</code> set. Everybody else gets theirs from an administrator.
          </Text>
        </Stack>
      </Paper>
    </Center>
  );
}
