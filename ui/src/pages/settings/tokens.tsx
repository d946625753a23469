import { Alert, Button, Code, Group, Modal, Select, Stack, Switch, Table, Text, TextInput, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { answer, api } from '../../api/client';
import type { Token } from '../../api/types';
import { Confirm, Copy, told } from '../../parts/actions';
import { Empty, ErrorBox, Loading } from '../../parts/page';
import { Time } from '../../parts/time';
import { isSession, lineFor, nameOf } from './token-kinds';

/** What programs sign in with: made here, shown once, revoked here. Sessions of the web app are tokens too, listed apart. */
export function Tokens() {
  const client = useQueryClient();
  const { data, error, refetch } = useQuery({ queryKey: ['tokens'], queryFn: () => answer(api.GET('/api/yard/v1/tokens')) });
  const [opened, { open, close }] = useDisclosure();
  if (error) return <ErrorBox error={error} retry={() => void refetch()} />;
  if (!data) return <Loading />;
  const living = data.tokens.filter((token) => !token.revoked_at);
  const revoke = async (token: Token): Promise<void> => {
    await answer(api.DELETE('/api/yard/v1/tokens/{id}', { params: { path: { id: token.id } } }));
    told(`${nameOf(token)} is revoked.`);
    await client.invalidateQueries({ queryKey: ['tokens'] });
  };
  const tokens = living.filter((token) => !isSession(token));
  const sessions = living.filter(isSession);
  return (
    <Stack gap="lg">
      <Stack gap="xs">
        <Group justify="space-between">
          <Title order={2}>Tokens</Title>
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>
            New token
          </Button>
        </Group>
        {tokens.length === 0 ? (
          <Empty title="No tokens yet">A token lets a script or the command line act as you: sent as <code>Authorization: Bearer</code> to any API of this server, or as the password of the name <code>token</code>.</Empty>
        ) : (
          <TokenTable tokens={tokens} label="Tokens" revoke={revoke} explain="Whatever signs in with it is refused from then on. This cannot be undone." />
        )}
      </Stack>
      <Stack gap="xs">
        <Title order={2}>Sessions</Title>
        <Text size="sm" c="var(--text-muted)">
          Browsers that are signed in as you; one of them is this one. A session ends after thirty days, when it is signed out, or here.
        </Text>
        <TokenTable tokens={sessions} label="Sessions" revoke={revoke} explain="That browser is signed out at its next step. If it is this one, you sign in again." />
      </Stack>
      <Modal opened={opened} onClose={close} title="New token" size="lg" centered>
        <NewToken done={close} />
      </Modal>
    </Stack>
  );
}

function TokenTable({ tokens, label, revoke, explain }: { tokens: readonly Token[]; label: string; revoke: (token: Token) => Promise<void>; explain: string }) {
  return (
    <Table.ScrollContainer minWidth={640} className="card" type="native" tabIndex={0} role="region" aria-label={label}>
      <Table verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th>Begins with</Table.Th>
            <Table.Th>Made</Table.Th>
            <Table.Th>Last used</Table.Th>
            <Table.Th>Expires</Table.Th>
            <Table.Th aria-label="Actions" />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {tokens.map((token) => (
            <Table.Tr key={token.id}>
              <Table.Td className="breaks">{nameOf(token)}</Table.Td>
              <Table.Td className="mono">{token.prefix}…</Table.Td>
              <Table.Td>
                <Time at={token.created_at} />
              </Table.Td>
              <Table.Td>{token.last_used_at ? <Time at={token.last_used_at} /> : 'never'}</Table.Td>
              <Table.Td>{token.expires_at ? <Time at={token.expires_at} /> : 'never'}</Table.Td>
              <Table.Td ta="right">
                <Confirm size="compact-sm" label="Revoke" title={`Revoke ${nameOf(token)}?`} explain={explain} confirm="Revoke" action={() => revoke(token)} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

const lives = [
  { value: '86400', label: 'A day' },
  { value: '604800', label: 'A week' },
  { value: '2592000', label: '30 days' },
  { value: '31622400', label: 'A year' },
  { value: '', label: 'Until it is revoked' },
];

/** The form, and then the text, which is shown this once. */
function NewToken({ done }: { done: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [life, setLife] = useState<string | null>('2592000');
  const [isSecret, setSecret] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState<{ token: string; client_id?: string | null }>();
  const line = lineFor(made);
  const make = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    answer(api.POST('/api/yard/v1/tokens', { body: { name, ...(life ? { expires_in_seconds: Number(life) } : {}), ...(isSecret ? { client_secret: true } : {}) } }))
      .then((answered) => {
        setMade(answered);
        return client.invalidateQueries({ queryKey: ['tokens'] });
      })
      .catch(setProblem)
      .finally(() => setBusy(false));
  };
  if (made)
    return (
      <Stack>
        <Alert color="yellow" variant="outline" title="Copy it now">
          It is shown this once; the server keeps only what it needs to recognise it.
        </Alert>
        {made.client_id && (
          <Text size="sm">
            Client id: <Code>{made.client_id}</Code>
          </Text>
        )}
        <Group gap="xs" wrap="nowrap" align="flex-start">
          <Code block className="breaks" style={{ whiteSpace: 'pre-wrap', flex: 1 }} data-testid="token-text">
            {made.token}
          </Code>
          <Copy value={made.token} label={made.client_id ? 'Copy the secret' : 'Copy the token'} />
        </Group>
        <Text size="sm" fw={600}>
          Try it
        </Text>
        <Group gap="xs" wrap="nowrap" align="flex-start">
          <Code block className="breaks" style={{ whiteSpace: 'pre-wrap', flex: 1 }}>
            {line}
          </Code>
          <Copy value={line} label="Copy the command" />
        </Group>
        <Group justify="flex-end">
          <Button onClick={done}>Done</Button>
        </Group>
      </Stack>
    );
  return (
    <Stack component="form" onSubmit={make}>
      {problem !== undefined && <ErrorBox error={problem} />}
      <TextInput label="Name" description="What it is for, so that you know it again." value={name} onChange={(event) => setName(event.currentTarget.value)} required maxLength={100} data-autofocus />
      <Select label="Good for" data={lives} value={life} onChange={(value) => setLife(value ?? '')} allowDeselect={false} />
      <Switch label="A client secret" description="For programs that sign in by OAuth’s client credentials, as Databricks clients do. What it gives them is a token of an hour." checked={isSecret} onChange={(event) => setSecret(event.currentTarget.checked)} />
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
