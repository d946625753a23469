import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { answer, api, call } from '../../../api/client';
import type { Job } from '../../../api/types';
import { told } from '../../../parts/actions';
import { asMap, type Settings } from '../../../parts/form/paths';
import { AppLink } from '../../../parts/links';
import { forgetHanded, handed } from './imported';
import { JobForm } from './job-form';
import { freshYard, YardForm } from './yard';

/** A new job of Switchyard's own. */
export function NewYard({ from }: { from?: Settings }) {
  const navigate = useNavigate();
  const brought = useMemo(() => from ?? handed('yard'), [from]);
  return (
    <JobForm
      title={from ? 'Copy of a job' : 'New Switchyard job'}
      eyebrow={<AppLink to="/jobs/new">New job</AppLink>}
      dialect="yard"
      initial={brought ?? freshYard}
      isNew={brought !== undefined}
      saveLabel="Create job"
      save={async (settings) => {
        const made = await call<{ id: number }>('POST', '/api/yard/v1/jobs', settings);
        forgetHanded();
        return () => {
          told('The job is made.');
          void navigate({ to: '/jobs/$jobId', params: { jobId: String(made.id) } });
        };
      }}
    >
      <YardForm />
    </JobForm>
  );
}

/** A job of Switchyard's own, changed or copied. */
export function EditYard({ job, isCopy }: { job: Job; isCopy: boolean }) {
  const navigate = useNavigate();
  const settings = asMap(job.settings);
  if (isCopy) return <NewYard from={{ ...settings, name: `Copy of ${job.name}` }} />;
  return (
    <JobForm
      title={job.name}
      eyebrow={<AppLink to="/jobs/$jobId" params={{ jobId: String(job.id) }}>Job {job.id}</AppLink>}
      dialect="yard"
      initial={settings}
      saveLabel="Save"
      save={async (next) => {
        // Another version than the one that was read is refused: somebody else changed the job meanwhile.
        await answer(api.PUT('/api/yard/v1/jobs/{id}', { params: { path: { id: job.id }, query: { version: job.version } }, body: next as never }));
        return () => {
          told('The job is saved.');
          void navigate({ to: '/jobs/$jobId', params: { jobId: String(job.id) } });
        };
      }}
    >
      <YardForm />
    </JobForm>
  );
}
