import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { answer, api, call } from '../../../../api/client';
import { useUser } from '../../../../api/session';
import { told } from '../../../../parts/actions';
import { asMap, asText, type Settings } from '../../../../parts/form/paths';
import { AppLink } from '../../../../parts/links';
import { ErrorBox, Loading } from '../../../../parts/page';
import { forgetHanded, handed } from '../imported';
import { JobForm } from '../job-form';
import { freshOpenPai, OpenPaiForm } from './form';

/** A new job, or one that begins as another: `from` is the number of its run, or `user~name`. */
export function NewOpenPai({ from }: { from?: string | undefined }) {
  const other = useQuery({
    queryKey: ['openpai config', from],
    queryFn: async () => {
      if (/^\d+$/.test(from!)) return asMap((await answer(api.GET('/api/yard/v1/runs/{id}/settings', { params: { path: { id: Number(from) } } }))).settings);
      const [user = '', ...name] = from!.split('~');
      return asMap(await call('GET', `/api/v1/user/${encodeURIComponent(user)}/jobs/${encodeURIComponent(name.join('~'))}/config`));
    },
    enabled: from !== undefined,
    staleTime: Infinity,
    gcTime: 0,
  });
  if (other.error) return <ErrorBox error={other.error} title="The job to begin from cannot be read" />;
  if (from !== undefined && !other.data) return <Loading />;
  return <Form {...(other.data ? { from: other.data } : {})} />;
}

/** The name of a job that begins as another: names are not given twice. */
export const copyName = (name: string): string => {
  const [, base = name, count] = /^(.*?)-copy(?:-(\d+))?$/.exec(name) ?? [];
  return name === base ? `${name}-copy` : `${base}-copy-${Number(count ?? '1') + 1}`;
};

function Form({ from }: { from?: Settings }) {
  const navigate = useNavigate();
  const user = useUser();
  const brought = useMemo(() => (from ? { ...from, jobName: copyName(asText(from.jobName)) } : handed('openpai')), [from]);
  return (
    <JobForm
      title={from ? `Clone of ${asText(from.jobName)}` : 'New OpenPAI job'}
      eyebrow={<AppLink to="/jobs/new">New job</AppLink>}
      dialect="openpai"
      initial={brought ?? freshOpenPai}
      isNew={brought !== undefined}
      saveLabel="Submit job"
      save={async (settings) => {
        const made = await call<{ runId: number }>('POST', `/api/v1/user/${encodeURIComponent(user.name)}/jobs`, settings);
        forgetHanded();
        return () => {
          told('The job is submitted.');
          void navigate({ to: '/runs/$runId', params: { runId: String(made.runId) } });
        };
      }}
    >
      <OpenPaiForm />
    </JobForm>
  );
}
