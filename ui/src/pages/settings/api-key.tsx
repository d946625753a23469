import { Button, Code, Group, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import { answer, api } from '../../api/client';
import { useUser } from '../../api/session';
import { Copy } from '../../parts/actions';

/** The one key for Cloudera's API, hidden until the password is given again. It is kept nowhere but in this component. */
export function ApiKey() {
  const user = useUser();
  const [key, setKey] = useState<string>();
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const reveal = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    answer(api.POST('/api/yard/v1/me/api-key', { body: { password } }))
      .then((shown) => {
        setKey(shown.key);
        setPassword('');
      })
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)))
      .finally(() => setBusy(false));
  };
  const line = `curl -v -XPOST ${location.origin}/api/v1/projects/${user.name}/PROJECT/jobs/ID/start --user "${key ?? 'API_KEY'}:" --header "Content-type: application/json"`;
  return (
    <Stack className="card" p="md" maw={820}>
      <Title order={2}>API Key</Title>
      <Text size="sm">
        You have one key. It signs in to the Cloudera jobs API as the name of a basic credential, with an empty password; it opens nothing else. It is made when you look at it for the first time, and cannot be changed by you: when it leaked, ask an
        administrator to revoke it, and the next look makes another.
      </Text>
      <Group gap="xs" wrap="nowrap">
        <IconKey size={18} aria-hidden />
        <Code className="breaks" fz="sm" aria-label={key ? 'Your API key' : 'Your API key, hidden'}>
          {key ?? '•'.repeat(32)}
        </Code>
        {key && <Copy value={key} label="Copy the key" />}
        {key && (
          <Button size="xs" variant="default" onClick={() => setKey(undefined)}>
            Hide
          </Button>
        )}
      </Group>
      {!key && (
        <Stack component="form" onSubmit={reveal} gap="sm" maw={360}>
          <input type="text" name="username" autoComplete="username" value={user.name} readOnly hidden />
          <PasswordInput label="Your password" description="Asked again, so that who finds your screen open cannot take the key." value={password} onChange={(event) => setPassword(event.currentTarget.value)} error={problem} autoComplete="current-password" required visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }} />
          <Group>
            <Button type="submit" loading={busy}>
              Show the key
            </Button>
          </Group>
        </Stack>
      )}
      <Stack gap={4}>
        <Text size="sm" fw={600}>
          Starting a job with it
        </Text>
        <Group gap="xs" wrap="nowrap" align="flex-start">
          <Code block className="breaks" style={{ whiteSpace: 'pre-wrap', flex: 1 }}>
            {line}
          </Code>
          <Copy value={line} label="Copy the command" />
        </Group>
        <Text size="sm" c="var(--text-muted)">
          PROJECT and ID stand in the address of the job’s page: /{user.name}/PROJECT/jobs/ID.
        </Text>
      </Stack>
    </Stack>
  );
}
