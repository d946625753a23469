import { Button, Menu } from '@mantine/core';
import { IconChevronDown, IconPlus } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';

/** Makes a job in a project: of a script, or of a pipeline. */
export function NewJobButton({ owner, slug }: { owner: string; slug: string }) {
  const navigate = useNavigate();
  const to = (dialect: string): void => void navigate({ to: '/jobs/new/$dialect', params: { dialect }, search: { project: `${owner}/${slug}` } });
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button leftSection={<IconPlus size={16} aria-hidden />} rightSection={<IconChevronDown size={16} aria-hidden />}>
          New job
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => to('cloudera')}>Of a script or notebook (Cloudera)</Menu.Item>
        <Menu.Item onClick={() => to('orchest')}>Of a pipeline (Orchest)</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
