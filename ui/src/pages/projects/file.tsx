import { Alert, Button, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { IconCalendarPlus, IconDownload, IconPencil, IconRoute, IconTrash } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useBlocker, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { call } from '../../api/client';
import type { Project } from '../../api/types';
import { told } from '../../parts/actions';
import { bytesText } from '../../parts/bytes';
import { Code } from '../../parts/code';
import { jsonProblem, positionText } from '../../parts/json-problem';
import { ButtonLink } from '../../parts/links';
import { Markdown } from '../../parts/markdown';
import { NotebookPage } from '../../parts/notebook/notebook';
import { Empty, ErrorBox } from '../../parts/page';
import { fileAddress } from './data';
import { DeleteEntry } from './file-actions';
import { above, endingOf, imageType, isScript, kindOf, languageOf, textOf, within } from './kinds';
import { mostShown, type Opened } from './open-path';

/** One file: shown as what it is, edited as a text. */
export function FileView({ project, path, opened }: { project: Project; path: string; opened: Extract<Opened, { kind: 'file' }> }) {
  const { owner, slug } = project;
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const client = useQueryClient();
  const address = fileAddress(owner, slug, path);
  const name = path.split('/').at(-1) ?? path;
  const kind = kindOf(name);
  const text = useMemo(() => (kind === 'image' && endingOf(name) !== 'svg' ? undefined : textOf(opened.head, opened.whole)), [kind, name, opened]);
  const isPage = kind === 'notebook' || kind === 'markdown' || kind === 'image';
  const [view, setView] = useState<'page' | 'text'>(isPage ? 'page' : 'text');
  const [asksDelete, setAsksDelete] = useState(false);
  const mayEdit = text !== undefined && opened.whole;
  const isEditing = mayEdit && search.edit === 'yes';
  const edit = (on: boolean): void => void navigate({ to: '/projects/$owner/$slug/files/$', params: { owner, slug, _splat: path }, search: on ? { edit: 'yes' } : {}, replace: true });
  if (isEditing)
    return <Editor address={address} name={name} text={text} done={() => edit(false)} saved={() => void Promise.all(['files', 'open', 'pipelines', 'pipeline', 'readme'].map((key) => client.invalidateQueries({ queryKey: [key, owner, slug] })))} />;
  return (
    <Stack gap="sm">
      <Group gap="xs">
        {isScript(name) && (
          <ButtonLink to="/jobs/new/$dialect" params={{ dialect: 'cloudera' }} search={{ project: `${owner}/${slug}`, script: path }} size="xs" leftSection={<IconCalendarPlus size={15} aria-hidden />}>
            Schedule this file
          </ButtonLink>
        )}
        {kind === 'pipeline' && (
          <ButtonLink to="/pipelines/$owner/$slug/$" params={{ owner, slug, _splat: path }} size="xs" leftSection={<IconRoute size={15} aria-hidden />}>
            Open the pipeline
          </ButtonLink>
        )}
        {mayEdit && (
          <Button size="xs" variant="default" leftSection={<IconPencil size={15} aria-hidden />} onClick={() => edit(true)}>
            Edit
          </Button>
        )}
        <Button size="xs" variant="default" component="a" href={address} download={name} leftSection={<IconDownload size={15} aria-hidden />}>
          Download
        </Button>
        <Button size="xs" variant="default" leftSection={<IconTrash size={15} aria-hidden />} onClick={() => setAsksDelete(true)}>
          Delete
        </Button>
        {isPage && text !== undefined && <SegmentedControl size="xs" aria-label="Shown as" value={view} onChange={(value) => setView(value as 'page' | 'text')} data={[{ value: 'page', label: kind === 'image' ? 'Image' : 'Page' }, { value: 'text', label: 'Text' }]} />}
        <Text size="sm" c="var(--text-muted)">
          {opened.bytes !== undefined && bytesText(opened.bytes)}
        </Text>
      </Group>
      {!opened.whole && text !== undefined && kind !== 'image' && (
        <Alert color="orange" variant="outline" title={`The first ${bytesText(mostShown)} of ${opened.bytes === undefined ? 'a larger file' : bytesText(opened.bytes)}`}>
          The rest is not shown; download the file to have all of it. So large a file is not edited here.
        </Alert>
      )}
      {kind === 'image' && view === 'page' ? (
        <Picture opened={opened} name={name} address={address} />
      ) : text === undefined ? (
        <Empty title="This file is no text">Download it to open it with a program that knows it.</Empty>
      ) : view === 'page' && kind === 'notebook' && opened.whole ? (
        <NotebookPage text={text} />
      ) : view === 'page' && kind === 'markdown' ? (
        <div className="card" style={{ padding: 16 }}>
          <Markdown text={text} resolve={(href, isImage) => (isImage ? fileAddress(owner, slug, within(above(path), href)) : `/projects/${owner}/${slug}/files/${within(above(path), href)}`)} />
        </div>
      ) : text === '' ? (
        <Empty title="This file is empty" />
      ) : (
        <Code value={text} language={languageOf(name)} label={`Text of ${name}`} height={undefined} />
      )}
      <DeleteEntry
        project={project}
        path={asksDelete ? path : undefined}
        isDirectory={false}
        close={() => setAsksDelete(false)}
        deleted={() => {
          void client.invalidateQueries({ queryKey: ['files', owner, slug] });
          void navigate({ to: '/projects/$owner/$slug/files/$', params: { owner, slug, _splat: above(path) } });
        }}
      />
    </Stack>
  );
}

/** An image, whose type the server does not say. One that is larger than what was read is fetched by the browser itself. */
function Picture({ opened, name, address }: { opened: Extract<Opened, { kind: 'file' }>; name: string; address: string }) {
  const [src, setSrc] = useState<string>();
  useEffect(() => {
    if (!opened.whole) {
      setSrc(address);
      return undefined;
    }
    const made = URL.createObjectURL(new Blob([opened.head], { type: imageType(name) }));
    setSrc(made);
    return () => URL.revokeObjectURL(made);
  }, [opened, name, address]);
  return src ? <img src={src} alt={name} style={{ maxWidth: '100%', alignSelf: 'flex-start', background: '#fff', border: '1px solid var(--line)' }} /> : null;
}

function Editor({ address, name, text, done, saved }: { address: string; name: string; text: string; done: () => void; saved: () => void }) {
  const [draft, setDraft] = useState(text);
  const [kept, setKept] = useState(text);
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const isDirty = draft !== kept;
  const language = languageOf(name);
  const problems = useMemo(() => {
    const found = language === 'json' && draft !== '' ? jsonProblem(draft) : undefined;
    return found ? [found] : [];
  }, [language, draft]);
  useBlocker({ shouldBlockFn: () => isDirty && !window.confirm('What you wrote is not saved. Leave it?'), enableBeforeUnload: () => isDirty });
  const save = (): void => {
    setBusy(true);
    setProblem(undefined);
    call('PUT', address, draft, { 'Content-Type': 'application/octet-stream' })
      .then(() => {
        setKept(draft);
        told(`${name} is saved.`);
        saved();
      })
      .catch(setProblem)
      .finally(() => setBusy(false));
  };
  return (
    <Stack
      gap="sm"
      onKeyDown={(event) => {
        if ((event.ctrlKey || event.metaKey) && event.key === 's') {
          event.preventDefault();
          if (isDirty) save();
        }
      }}
    >
      <Group gap="xs">
        <Button size="xs" onClick={save} loading={busy} disabled={!isDirty}>
          Save
        </Button>
        <Button size="xs" variant="default" onClick={done}>
          {isDirty ? 'Leave it' : 'Close the editor'}
        </Button>
        <Text size="sm" c="var(--text-muted)" role="status">
          {isDirty ? 'Not saved yet' : ''}
          {problems[0] ? ` · ${positionText(draft, problems[0].from)}: ${problems[0].message}` : ''}
        </Text>
      </Group>
      {problem !== undefined && <ErrorBox error={problem} />}
      <Code value={draft} onChange={setDraft} language={language} problems={problems} label={`Text of ${name}`} height="calc(100dvh - 290px)" />
    </Stack>
  );
}
