import { Alert, Button, Code, Group, Loader, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState, type FormEvent } from 'react';
import { answer, api } from '../../api/client';
import { useUser } from '../../api/session';
import { ErrorBox } from '../../parts/page';
import { OwnerSelect } from './new-project';

/** Brings a git repository as a project, and says how far that is. */
export function ImportProject({ account, close }: { account: string | null; close: () => void }) {
  const user = useUser();
  const [url, setUrl] = useState('');
  const [name, setName] = useState('');
  const [branch, setBranch] = useState('');
  const [owner, setOwner] = useState(account ?? user.name);
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [id, setId] = useState<string>();
  const start = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    answer(api.POST('/api/yard/v1/git-imports', { body: { url, owner, ...(name ? { name } : {}), ...(branch ? { branch } : {}) } }))
      .then((made) => setId(made.id))
      .catch(setProblem)
      .finally(() => setBusy(false));
  };
  if (id) return <Progress id={id} again={() => setId(undefined)} close={close} />;
  return (
    <Stack component="form" onSubmit={start}>
      {problem !== undefined && <ErrorBox error={problem} />}
      <TextInput label="Repository" description="An address that git understands. A name and password in it sign in there and are kept nowhere." placeholder="https://example.org/alice/loans.git" value={url} onChange={(event) => setUrl(event.currentTarget.value)} required data-autofocus />
      <TextInput label="Name" description="The repository’s, if left empty." value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <TextInput label="Branch" description="The repository’s own, if left empty." value={branch} onChange={(event) => setBranch(event.currentTarget.value)} />
      <OwnerSelect value={owner} onChange={setOwner} />
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          Leave it
        </Button>
        <Button type="submit" loading={busy}>
          Import
        </Button>
      </Group>
    </Stack>
  );
}

/** Asked for once a second while it lasts; then the project's page opens. */
function Progress({ id, again, close }: { id: string; again: () => void; close: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { data, error } = useQuery({
    queryKey: ['git-import', id],
    queryFn: () => answer(api.GET('/api/yard/v1/git-imports/{import}', { params: { path: { import: id } } })),
    refetchInterval: (query) => (query.state.data && ['succeeded', 'failed'].includes(query.state.data.state) ? false : 1000),
  });
  const done = data?.state === 'succeeded';
  useEffect(() => {
    if (!done || !data) return;
    void client.invalidateQueries({ queryKey: ['projects'] });
    void navigate({ to: '/projects/$owner/$slug', params: { owner: data.owner, slug: data.slug } });
  }, [done, data, client, navigate]);
  if (error) return <ErrorBox error={error} retry={again} />;
  if (data?.state === 'failed')
    return (
      <Stack>
        <Alert color="red" variant="outline" title="It could not be imported" role="alert">
          <Text size="sm" className="breaks" style={{ whiteSpace: 'pre-wrap' }}>
            {data.problem}
          </Text>
        </Alert>
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Leave it
          </Button>
          <Button onClick={again}>Change and try again</Button>
        </Group>
      </Stack>
    );
  return (
    <Stack role="status">
      <Group gap="sm">
        <Loader size="sm" aria-hidden />
        <Text size="sm">{data?.state === 'waiting' ? 'Waiting for other imports…' : `Fetching ${data?.url ?? ''}…`}</Text>
      </Group>
      <Code block mih={60} style={{ whiteSpace: 'pre-wrap' }}>
        {data?.progress ?? ' '}
      </Code>
      <Text size="sm" c="var(--text-muted)">
        You may close this: the project appears in the list when all of it is there.
      </Text>
    </Stack>
  );
}
