import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { answer, api, call } from '../../../../api/client';
import type { Job } from '../../../../api/types';
import { told } from '../../../../parts/actions';
import type { Settings } from '../../../../parts/form/paths';
import { AppLink } from '../../../../parts/links';
import { ErrorBox, Loading } from '../../../../parts/page';
import { forgetHanded, handed } from '../imported';
import { JobForm } from '../job-form';
import { ProjectSelect, useProjects } from '../projects';
import { ClouderaForm, freshCloudera } from './form';
import { changes, numberOf, toForm } from './wire';

/** A new job of a project; opened from a file with its project and script. */
export function NewCloudera({ project, script, from }: { project?: string | undefined; script?: string | undefined; from?: Settings }) {
  const navigate = useNavigate();
  const { projects, error } = useProjects();
  const [address, setAddress] = useState<string | null>(project ?? null);
  const chosen = projects.find((each) => `${each.owner}/${each.slug}` === address);
  const initial = useMemo<Settings>(
    () => from ?? handed('cloudera') ?? (script ? { ...freshCloudera, name: script.split('/').at(-1)!.replace(/\.[^.]+$/, ''), script, ...(/\.r$/i.test(script) ? { kernel: 'r' } : {}) } : freshCloudera),
    [from, script],
  );
  return (
    <JobForm
      title={from ? 'Copy of a job' : 'New Cloudera job'}
      eyebrow={<AppLink to="/jobs/new">New job</AppLink>}
      dialect="cloudera"
      initial={initial}
      isNew={from !== undefined}
      saveLabel="Create job"
      save={async (settings) => {
        if (!chosen) throw new Error('Choose the project whose script it runs.');
        const made = await call<{ id: string }>('POST', `/api/v2/projects/${chosen.id}/jobs`, settings);
        forgetHanded();
        return () => {
          told('The job is made.');
          // The page of a job, as the document has it: the start address is derived from it.
          void navigate({ href: `/${chosen.owner}/${chosen.slug}/jobs/${numberOf(made.id)}` });
        };
      }}
    >
      {error !== null && error !== undefined && <ErrorBox error={error} />}
      <ClouderaForm project={chosen} choice={<ProjectSelect projects={projects} value={address} onChange={setAddress} />} />
    </JobForm>
  );
}

/** A job of a project, changed or copied. */
export function EditCloudera({ job, isCopy }: { job: Job; isCopy: boolean }) {
  const navigate = useNavigate();
  const owner = job.project?.owner ?? '';
  const slug = job.project?.slug ?? '';
  const project = useQuery({ queryKey: ['project', owner, slug], queryFn: () => answer(api.GET('/api/yard/v1/projects/{owner}/{slug}', { params: { path: { owner, slug } } })), enabled: owner !== '' });
  const shown = useQuery({
    queryKey: ['cloudera job', project.data?.id, job.public_id, 'edit'],
    queryFn: () => call<Settings>('GET', `/api/v2/projects/${project.data!.id}/jobs/${job.public_id}`),
    enabled: project.data !== undefined,
    staleTime: Infinity,
    gcTime: 0,
  });
  const initial = useMemo(() => (shown.data ? toForm(shown.data) : undefined), [shown.data]);
  const error = project.error ?? shown.error;
  if (error) return <ErrorBox error={error} />;
  if (!initial || !project.data) return <Loading />;
  if (isCopy) return <NewCloudera project={`${owner}/${slug}`} from={{ ...initial, name: `Copy of ${job.name}` }} />;
  return (
    <JobForm
      title={job.name}
      eyebrow={<AppLink to="/jobs/$jobId" params={{ jobId: String(job.id) }}>Job {job.public_id}</AppLink>}
      dialect="cloudera"
      initial={initial}
      saveLabel="Save"
      save={async (settings) => {
        await call('PATCH', `/api/v2/projects/${project.data.id}/jobs/${job.public_id}`, changes(initial, settings));
        return () => {
          told('The job is saved.');
          void navigate({ to: '/jobs/$jobId', params: { jobId: String(job.id) } });
        };
      }}
    >
      <ClouderaForm project={project.data} jobId={String(shown.data?.id)} choice={<TextInput label="Project" value={`${project.data.name} (${owner}/${slug})`} disabled />} />
    </JobForm>
  );
}
