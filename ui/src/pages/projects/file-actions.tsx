import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { call } from '../../api/client';
import type { Project } from '../../api/types';
import { failed } from '../../parts/actions';
import { fileAddress, projectUuid, type Entry } from './data';
import { within } from './kinds';

/** A call about folders and names, which the neutral API has none for. */
const change = (name: string, project: Project, query: Record<string, string>): Promise<unknown> =>
  call('POST', `/async/file-management/${name}?${new URLSearchParams({ project_uuid: projectUuid(project.id), ...query })}`);

/** Asks for one name, and does something with it. */
function NameForm({ label, initial, confirm, act, close }: { label: string; initial: string; confirm: string; act: (name: string) => Promise<void>; close: () => void }) {
  const [name, setName] = useState(initial);
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    act(name)
      .then(close)
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)))
      .finally(() => setBusy(false));
  };
  return (
    <Stack component="form" onSubmit={submit}>
      <TextInput label={label} value={name} onChange={(event) => setName(event.currentTarget.value)} error={problem} required data-autofocus spellCheck={false} />
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          Leave it
        </Button>
        <Button type="submit" loading={busy}>
          {confirm}
        </Button>
      </Group>
    </Stack>
  );
}

export function NewEntry({ project, directory, what, close, changed }: { project: Project; directory: string; what: 'file' | 'folder' | undefined; close: () => void; changed: () => void }) {
  const navigate = useNavigate();
  return (
    <Modal opened={what !== undefined} onClose={close} title={what === 'folder' ? 'New folder' : 'New file'} centered>
      <NameForm
        label="Name"
        initial=""
        confirm="Make it"
        close={close}
        act={async (name) => {
          const path = within(directory, name);
          await change(what === 'folder' ? 'create-dir' : 'create', project, { path: `/${path}${what === 'folder' ? '/' : ''}` });
          changed();
          if (what === 'file') await navigate({ to: '/projects/$owner/$slug/files/$', params: { owner: project.owner, slug: project.slug, _splat: path }, search: { edit: 'yes' } });
        }}
      />
    </Modal>
  );
}

export function RenameEntry({ project, directory, entry, close, changed }: { project: Project; directory: string; entry: Entry | undefined; close: () => void; changed: () => void }) {
  const end = entry?.kind === 'directory' ? '/' : '';
  return (
    <Modal opened={entry !== undefined} onClose={close} title={`Rename ${entry?.name ?? ''}`} centered>
      <NameForm
        label="New name"
        initial={entry?.name ?? ''}
        confirm="Rename"
        close={close}
        act={async (name) => {
          await change('rename', project, { old_path: `/${within(directory, entry?.name ?? '')}${end}`, new_path: `/${within(directory, name)}${end}` });
          changed();
        }}
      />
    </Modal>
  );
}

export function DeleteEntry({ project, path, isDirectory, close, deleted }: { project: Project; path: string | undefined; isDirectory: boolean; close: () => void; deleted: () => void }) {
  const [busy, setBusy] = useState(false);
  return (
    <Modal opened={path !== undefined} onClose={close} title={`Delete ${path ?? ''}?`} centered>
      <Stack>
        <Text size="sm">
          {isDirectory ? 'The folder goes with all that is in it.' : 'The file goes.'} Runs that froze the project before keep their copy; jobs that run in the project itself will not find it. This cannot be undone.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            Leave it
          </Button>
          <Button
            color="red"
            loading={busy}
            onClick={() => {
              setBusy(true);
              call('DELETE', `${fileAddress(project.owner, project.slug, path ?? '')}${isDirectory ? '?recursive=true' : ''}`)
                .then(() => {
                  close();
                  deleted();
                }, failed)
                .finally(() => setBusy(false));
            }}
          >
            Delete
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
