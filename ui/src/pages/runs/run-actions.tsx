import { ActionIcon, Button, Menu, VisuallyHidden } from '@mantine/core';
import { IconArrowsDiff, IconDots, IconPlayerPlay, IconTool, IconTrash } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { answer, api } from '../../api/client';
import { isEnded, type Run } from '../../api/types';
import { Confirm, failed, told } from '../../parts/actions';
import { RepairDialog } from './repair';
import { RunAgain } from './run-again';

/** What can be done with a run as it stands. */
export function RunActions({ run }: { run: Run }) {
  const [open, setOpen] = useState<'repair' | 'again'>();
  const navigate = useNavigate();
  const client = useQueryClient();
  const tasks = run.tasks ?? [];
  const running = tasks.filter((task) => task.state === 'running' || task.state === 'starting').length;
  const waiting = tasks.filter((task) => ['blocked', 'ready', 'waiting_for_retry'].includes(task.state)).length;
  const ended = isEnded(run.state);
  const close = (): void => setOpen(undefined);

  const compare = (): void => {
    answer(api.GET('/api/yard/v1/runs', { params: { query: { job_id: run.job_id, before: run.id, limit: 1 } } })).then(({ runs }) => {
      if (runs[0]) void navigate({ to: '/compare', search: { a: String(runs[0].id), b: String(run.id) } });
      else told('This is the first run of its job; choose another run to compare with.');
    }, failed);
  };
  return (
    <>
      {!ended && (
        <Confirm
          label="Cancel"
          color="red"
          title={`Cancel ${run.name} #${run.number}?`}
          explain={`${running === 0 ? 'No task is running' : `${running} running ${running === 1 ? 'task is' : 'tasks are'} asked to end, and killed if ${running === 1 ? 'it does' : 'they do'} not`}; ${waiting === 0 ? 'none is still to come' : `${waiting} that ${waiting === 1 ? 'has' : 'have'} not begun will not run`}. What has succeeded stays, and a cancelled run can be repaired later.`}
          confirm="Cancel the run"
          disabled={run.state === 'cancelling'}
          action={async () => {
            await answer(api.POST('/api/yard/v1/runs/{id}/cancel', { params: { path: { id: run.id } } }));
            told('The run is asked to end.');
          }}
        />
      )}
      {ended && run.state !== 'succeeded' && (
        <Button leftSection={<IconTool size={16} aria-hidden />} onClick={() => setOpen('repair')}>
          Repair
        </Button>
      )}
      {run.kind === 'job' && (
        <Button variant="default" leftSection={<IconPlayerPlay size={16} aria-hidden />} onClick={() => setOpen('again')}>
          Run again
        </Button>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label="More to do with the run">
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {run.kind === 'job' && (
            <Menu.Item leftSection={<IconArrowsDiff size={16} aria-hidden />} onClick={compare}>
              Compare with the run before
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconArrowsDiff size={16} aria-hidden />} onClick={() => void navigate({ to: '/compare', search: { b: String(run.id) } })}>
            Compare with…
          </Menu.Item>
          {ended && run.state === 'succeeded' && (
            <Menu.Item leftSection={<IconTool size={16} aria-hidden />} onClick={() => setOpen('repair')}>
              Run some tasks again
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {ended && (
        <Confirm
          label={
            <>
              <IconTrash size={16} aria-hidden />
              <VisuallyHidden>Delete the run</VisuallyHidden>
            </>
          }
          title={`Delete ${run.name} #${run.number}?`}
          explain="The run goes with its attempts, logs, events and files. This cannot be undone. The job and its other runs stay."
          confirm="Delete the run"
          action={async () => {
            await answer(api.DELETE('/api/yard/v1/runs/{id}', { params: { path: { id: run.id } } }));
            told('The run is deleted.');
            if (run.kind === 'job') await navigate({ to: '/jobs/$jobId', params: { jobId: String(run.job_id) }, search: {} });
            else await navigate({ to: '/runs', search: {} });
            client.removeQueries({ queryKey: ['run', run.id] });
          }}
        />
      )}
      {open === 'repair' && <RepairDialog run={run} onClose={close} />}
      {open === 'again' && <RunAgain run={run} onClose={close} />}
    </>
  );
}
