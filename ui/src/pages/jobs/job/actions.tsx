import { Button } from '@mantine/core';
import { IconEdit, IconLayoutGrid, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { answer, api, call } from '../../../api/client';
import type { Job } from '../../../api/types';
import { Confirm, failed, told } from '../../../parts/actions';
import { ButtonLink } from '../../../parts/links';
import { RunNowButton } from '../../../parts/run-now';

const SweepDialog = lazy(() => import('../../../parts/sweep-dialog'));

/** What can be done with a job. */
export function JobActions({ job }: { job: Job }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [sweeping, setSweeping] = useState(false);
  return (
    <>
      <RunNowButton job={job} />
      <Button variant="default" leftSection={<IconLayoutGrid size={16} aria-hidden />} onClick={() => setSweeping(true)}>
        Sweep
      </Button>
      <ButtonLink to="/jobs/$jobId/edit" params={{ jobId: String(job.id) }} variant="default" leftSection={<IconEdit size={16} aria-hidden />}>
        Edit
      </ButtonLink>
      {job.dialect === 'yard' && job.trigger !== 'manual' && <Pause job={job} />}
      <Confirm
        label="Delete"
        color="red"
        variant="default"
        title={`Delete ${job.name}?`}
        explain={
          <>
            The job goes, and nothing starts it any more. Its runs stay in the list of runs, with their logs, until they are as old as the server keeps runs. Runs that are going on are not ended.
          </>
        }
        confirm="Delete the job"
        action={async () => {
          await answer(api.DELETE('/api/yard/v1/jobs/{id}', { params: { path: { id: job.id } } }));
          told(`${job.name} is deleted.`);
          await navigate({ to: '/jobs' });
          client.removeQueries({ queryKey: ['jobs', 'one', job.id] });
          await client.invalidateQueries({ queryKey: ['jobs'] });
        }}
      />
      {sweeping && (
        <Suspense>
          <SweepDialog job={job} onClose={() => setSweeping(false)} />
        </Suspense>
      )}
    </>
  );
}

/** Stops the schedule, or lets it go on; what runs now is left alone. */
function Pause({ job }: { job: Job }) {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const set = (paused: boolean): void => {
    setBusy(true);
    // With the version, so that somebody else's change is not undone.
    call('PUT', `/api/yard/v1/jobs/${job.id}?version=${job.version}`, { ...(job.settings as object), paused })
      .then(() => client.invalidateQueries({ queryKey: ['jobs'] }))
      .then(() => told(paused ? 'Paused: nothing starts it by itself.' : 'Its schedule is on again.'))
      .catch((error: unknown) => failed(error))
      .finally(() => setBusy(false));
  };
  return (
    <Button variant="default" loading={busy} leftSection={job.paused ? <IconPlayerPlay size={16} aria-hidden /> : <IconPlayerPause size={16} aria-hidden />} onClick={() => set(!job.paused)}>
      {job.paused ? 'Resume' : 'Pause'}
    </Button>
  );
}
