import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { call } from '../../../../api/client';
import type { Job } from '../../../../api/types';
import { told } from '../../../../parts/actions';
import { asMap, type Settings } from '../../../../parts/form/paths';
import { AppLink } from '../../../../parts/links';
import { forgetHanded, handed } from '../imported';
import { JobForm } from '../job-form';
import { DatabricksForm, freshDatabricks } from './form';
import { versionFor, withTasks } from './kinds';

/** A new multi-task job. */
export function NewDatabricks({ from }: { from?: Settings }) {
  const navigate = useNavigate();
  const brought = useMemo(() => from ?? handed('databricks'), [from]);
  return (
    <JobForm
      title={from ? 'Copy of a job' : 'New Databricks job'}
      eyebrow={<AppLink to="/jobs/new">New job</AppLink>}
      dialect="databricks"
      initial={brought ?? freshDatabricks}
      isNew={brought !== undefined}
      saveLabel="Create job"
      save={async (settings) => {
        const made = await call<{ job_id: number }>('POST', `/api/${versionFor(settings)}/jobs/create`, settings);
        forgetHanded();
        return () => {
          told('The job is made.');
          void navigate({ to: '/jobs/$jobId', params: { jobId: String(made.job_id) } });
        };
      }}
    >
      <DatabricksForm />
    </JobForm>
  );
}

/** A job, changed or copied. */
export function EditDatabricks({ job, isCopy }: { job: Job; isCopy: boolean }) {
  const navigate = useNavigate();
  const settings = useMemo(() => withTasks(asMap(job.settings)), [job.settings]);
  if (isCopy) return <NewDatabricks from={{ ...settings, name: `Copy of ${job.name}` }} />;
  return (
    <JobForm
      title={job.name}
      eyebrow={<AppLink to="/jobs/$jobId" params={{ jobId: String(job.id) }}>Job {job.id}</AppLink>}
      dialect="databricks"
      initial={settings}
      saveLabel="Save"
      save={async (next) => {
        await call('POST', `/api/${versionFor(next)}/jobs/reset`, { job_id: job.id, new_settings: next });
        return () => {
          told('The job is saved.');
          void navigate({ to: '/jobs/$jobId', params: { jobId: String(job.id) } });
        };
      }}
    >
      <DatabricksForm />
    </JobForm>
  );
}
