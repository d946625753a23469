import { Button, Group, Menu, Modal, Stack, Table, Text } from '@mantine/core';
import { IconBrandGit, IconChevronDown, IconFolderPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { AppLink } from '../../parts/links';
import { Empty, ErrorBox, Loading, Page } from '../../parts/page';
import { Time } from '../../parts/time';
import { useAccount } from '../../shell/account';
import { projectsQuery } from './data';
import { ImportProject } from './import-project';
import { NewProject } from './new-project';

/** The projects of the account chosen at the upper right, or all one may see. */
export function Projects() {
  const [account] = useAccount();
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(projectsQuery(account));
  const ask = (kind: 'empty' | 'git' | undefined): void => void navigate({ to: '/projects', search: kind ? { new: kind } : {}, replace: true });
  const projects = data?.pages.flatMap((page) => page.projects) ?? [];
  const make = (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button rightSection={<IconChevronDown size={16} aria-hidden />}>New project</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconFolderPlus size={16} aria-hidden />} onClick={() => ask('empty')}>
          Empty project
        </Menu.Item>
        <Menu.Item leftSection={<IconBrandGit size={16} aria-hidden />} onClick={() => ask('git')}>
          Import from git
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
  return (
    <Page title="Projects" tab="Projects" eyebrow={account ? `of ${account}` : undefined} actions={make}>
      {error ? (
        <ErrorBox error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Loading />
      ) : projects.length === 0 ? (
        <Empty
          title={account ? `${account} has no projects yet` : 'No projects yet'}
          action={
            <Group>
              <Button leftSection={<IconFolderPlus size={16} aria-hidden />} onClick={() => ask('empty')}>
                Empty project
              </Button>
              <Button variant="default" leftSection={<IconBrandGit size={16} aria-hidden />} onClick={() => ask('git')}>
                Import from git
              </Button>
            </Group>
          }
        >
          A project is a folder of scripts, notebooks and pipelines on the server. Cloudera jobs run in it; Orchest jobs run a frozen copy of it.
        </Empty>
      ) : (
        <Stack>
          <Table.ScrollContainer minWidth={520} className="card" type="native" tabIndex={0} role="region" aria-label="Projects">
            <Table verticalSpacing="xs" highlightOnHover>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Name</Table.Th>
                  <Table.Th>Owner</Table.Th>
                  <Table.Th>Address</Table.Th>
                  <Table.Th>Changed</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {projects.map((project) => (
                  <Table.Tr key={project.id}>
                    <Table.Td>
                      <AppLink to="/projects/$owner/$slug" params={{ owner: project.owner, slug: project.slug }} fw={600} className="breaks">
                        {project.name}
                      </AppLink>
                    </Table.Td>
                    <Table.Td>{project.owner}</Table.Td>
                    <Table.Td className="mono">
                      {project.owner}/{project.slug}
                    </Table.Td>
                    <Table.Td>
                      <Time at={project.changed_at} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
          {hasNextPage && (
            <Button variant="default" onClick={() => void fetchNextPage()} loading={isFetchingNextPage}>
              More projects
            </Button>
          )}
          <Text size="sm" c="var(--text-muted)">
            From the command line: <code>yard project create NAME</code> and <code>yard project import URL</code>.
          </Text>
        </Stack>
      )}
      <Modal opened={search.new === 'empty'} onClose={() => ask(undefined)} title="New project" centered>
        <NewProject account={account} close={() => ask(undefined)} />
      </Modal>
      <Modal opened={search.new === 'git'} onClose={() => ask(undefined)} title="Import from git" centered size="lg">
        <ImportProject account={account} close={() => ask(undefined)} />
      </Modal>
    </Page>
  );
}
