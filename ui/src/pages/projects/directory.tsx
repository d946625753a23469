import { Box, Button, FileButton, Group, Menu, Table, Text } from '@mantine/core';
import { IconDots, IconFile, IconFilePlus, IconFolder, IconFolderPlus, IconNotebook, IconPhoto, IconRoute, IconUpload } from '@tabler/icons-react';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import type { Project } from '../../api/types';
import { bytesText } from '../../parts/bytes';
import { AppLink } from '../../parts/links';
import { Empty, ErrorBox, Loading } from '../../parts/page';
import { Time } from '../../parts/time';
import { directoryQuery, fileAddress, type Entry } from './data';
import { DeleteEntry, NewEntry, RenameEntry } from './file-actions';
import { isScript, kindOf, within } from './kinds';
import { UploadList } from './upload-list';
import { dropped, useUploads } from './uploads';

const icons = { notebook: IconNotebook, pipeline: IconRoute, image: IconPhoto, markdown: IconFile, text: IconFile };

type Asked = { what: 'file' | 'folder' } | { what: 'rename' | 'delete'; entry: Entry };

/** What lies in a directory, with what can be done there. Files may be dropped anywhere on it. */
export function DirectoryView({ project, path }: { project: Project; path: string }) {
  const { owner, slug } = project;
  const client = useQueryClient();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(directoryQuery(owner, slug, path));
  const changed = (): void => {
    for (const key of ['files', 'open', 'pipelines']) void client.invalidateQueries({ queryKey: [key, owner, slug] });
  };
  const { uploads, add, clear } = useUploads((below) => fileAddress(owner, slug, within(path, below)), changed);
  const [isOver, setOver] = useState(false);
  const [asked, setAsked] = useState<Asked>();
  const close = (): void => setAsked(undefined);
  const entries = data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <Box
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void dropped(event.dataTransfer.items).then(add);
      }}
      style={{ outline: isOver ? '2px dashed var(--mantine-primary-color-filled)' : undefined, outlineOffset: 6 }}
    >
      <Group gap="xs" mb="sm">
        <FileButton multiple onChange={(files) => add(files.map((file) => ({ path: file.name, file })))}>
          {(props) => (
            <Button {...props} size="xs" leftSection={<IconUpload size={15} aria-hidden />}>
              Upload
            </Button>
          )}
        </FileButton>
        <Button size="xs" variant="default" leftSection={<IconFilePlus size={15} aria-hidden />} onClick={() => setAsked({ what: 'file' })}>
          New file
        </Button>
        <Button size="xs" variant="default" leftSection={<IconFolderPlus size={15} aria-hidden />} onClick={() => setAsked({ what: 'folder' })}>
          New folder
        </Button>
        <Text size="sm" c="var(--text-muted)" visibleFrom="sm">
          or drop files and folders here
        </Text>
      </Group>
      <UploadList uploads={uploads} clear={clear} />
      {error ? (
        <ErrorBox error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Loading />
      ) : entries.length === 0 ? (
        <Empty title={path ? 'This folder is empty' : 'No files yet'}>Drop files here, upload some, or write a new one. What tasks of the project’s Cloudera jobs write appears here too.</Empty>
      ) : (
        <Rows project={project} path={path} entries={entries} ask={setAsked} more={hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined} />
      )}
      <NewEntry project={project} directory={path} what={asked?.what === 'file' || asked?.what === 'folder' ? asked.what : undefined} close={close} changed={changed} />
      <RenameEntry project={project} directory={path} entry={asked?.what === 'rename' ? asked.entry : undefined} close={close} changed={changed} />
      <DeleteEntry project={project} path={asked?.what === 'delete' ? within(path, asked.entry.name) : undefined} isDirectory={asked?.what === 'delete' && asked.entry.kind === 'directory'} close={close} deleted={changed} />
    </Box>
  );
}

const rowHeight = 40;

/** Only the rows on the screen are drawn, so that a folder of ten thousand files scrolls like one of ten. */
function Rows({ project, path, entries, ask, more }: { project: Project; path: string; entries: readonly Entry[]; ask: (asked: Asked) => void; more: (() => void) | undefined }) {
  const place = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useEffect(() => setTop(place.current?.offsetTop ?? 0), []);
  const rows = useWindowVirtualizer({ count: entries.length, estimateSize: () => rowHeight, overscan: 12, scrollMargin: top });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= entries.length - 20) more?.();
  }, [last, entries.length, more]);
  const before = shown[0] ? shown[0].start - top : 0;
  const after = shown.length > 0 ? rows.getTotalSize() - (shown.at(-1)!.end - top) : 0;
  return (
    <Table.ScrollContainer minWidth={280} className="card" type="native" tabIndex={0} role="region" aria-label="Files" ref={place}>
      <Table verticalSpacing={4} highlightOnHover layout="fixed" aria-rowcount={entries.length}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th w={90} ta="right">
              Size
            </Table.Th>
            <Table.Th w={150} visibleFrom="sm">Changed</Table.Th>
            <Table.Th w={52} aria-label="Actions" />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {before > 0 && <tr style={{ height: before }} />}
          {shown.map((item) => (
            <EntryRow key={entries[item.index]!.name} project={project} path={path} entry={entries[item.index]!} ask={ask} />
          ))}
          {after > 0 && <tr style={{ height: after }} />}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function EntryRow({ project, path, entry, ask }: { project: Project; path: string; entry: Entry; ask: (asked: Asked) => void }) {
  const { owner, slug } = project;
  const navigate = useNavigate();
  const at = within(path, entry.name);
  const isDirectory = entry.kind === 'directory';
  const Icon = isDirectory ? IconFolder : icons[kindOf(entry.name)];
  return (
    <Table.Tr h={rowHeight}>
      <Table.Td>
        <Group gap={8} wrap="nowrap">
          <Icon size={17} aria-label={isDirectory ? 'Folder' : 'File'} style={{ flex: 'none' }} />
          <AppLink to="/projects/$owner/$slug/files/$" params={{ owner, slug, _splat: at }} size="sm" truncate title={entry.name}>
            {entry.name}
          </AppLink>
        </Group>
      </Table.Td>
      <Table.Td ta="right" className="tabular nowrap">
        {entry.kind === 'file' ? bytesText(entry.bytes) : isDirectory ? '' : entry.kind}
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Time at={entry.changed_at} />
      </Table.Td>
      <Table.Td>
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <Button size="compact-xs" variant="subtle" color="gray" aria-label={`What can be done with ${entry.name}`}>
              <IconDots size={16} aria-hidden />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {!isDirectory && isScript(entry.name) && (
              <Menu.Item onClick={() => void navigate({ to: '/jobs/new/$dialect', params: { dialect: 'cloudera' }, search: { project: `${owner}/${slug}`, script: at } })}>Schedule this file…</Menu.Item>
            )}
            {kindOf(entry.name) === 'pipeline' && !isDirectory && <Menu.Item onClick={() => void navigate({ to: '/pipelines/$owner/$slug/$', params: { owner, slug, _splat: at } })}>Open the pipeline</Menu.Item>}
            {entry.kind === 'file' && (
              <Menu.Item component="a" href={fileAddress(owner, slug, at)} download={entry.name}>
                Download
              </Menu.Item>
            )}
            <Menu.Item onClick={() => ask({ what: 'rename', entry })}>Rename…</Menu.Item>
            <Menu.Item color="var(--state-red)" onClick={() => ask({ what: 'delete', entry })}>
              Delete…
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Table.Td>
    </Table.Tr>
  );
}

