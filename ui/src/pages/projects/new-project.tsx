import { Button, Group, Select, Stack, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { answer, api, ApiError } from '../../api/client';
import { sessionQuery, useUser } from '../../api/session';
import { ErrorBox } from '../../parts/page';

/** Whose a new project is: oneself, or a team. */
export function OwnerSelect({ value, onChange }: { value: string; onChange: (owner: string) => void }) {
  const user = useUser();
  const teams = useQuery(sessionQuery).data?.teams ?? [];
  const names = [...new Set([user.name, ...teams, value])];
  return <Select label="Owner" data={names.map((name) => ({ value: name, label: name === user.name ? `${name} (personal)` : name }))} value={value} onChange={(chosen) => chosen && onChange(chosen)} allowDeselect={false} />;
}

/** Makes an empty project. */
export function NewProject({ account, close }: { account: string | null; close: () => void }) {
  const user = useUser();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [owner, setOwner] = useState(account ?? user.name);
  const [problem, setProblem] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const make = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    answer(api.POST('/api/yard/v1/projects', { body: { name, owner } }))
      .then(async (project) => {
        await client.invalidateQueries({ queryKey: ['projects'] });
        await navigate({ to: '/projects/$owner/$slug', params: { owner: project.owner, slug: project.slug } });
      })
      .catch((error: unknown) => setProblem(error instanceof ApiError ? error : new ApiError(0, String(error), '')))
      .finally(() => setBusy(false));
  };
  return (
    <Stack component="form" onSubmit={make}>
      {problem && problem.field !== 'name' && problem.field !== 'slug' && <ErrorBox error={problem} />}
      <TextInput label="Name" description="What people call it. Its address is made of it: Risk Analysis becomes risk-analysis." value={name} onChange={(event) => setName(event.currentTarget.value)} error={(problem?.field === 'name' || problem?.field === 'slug') && problem.message} required data-autofocus />
      <OwnerSelect value={owner} onChange={setOwner} />
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
