import { Alert, Button, Group, Modal, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../../../../api/client';
import type { Job } from '../../../../api/types';
import { failed, told } from '../../../../parts/actions';
import { Section } from '../../../../parts/form/lists';
import type { Settings } from '../../../../parts/form/paths';
import { AppLink } from '../../../../parts/links';
import { ErrorBox, Loading, Page } from '../../../../parts/page';
import { useAccount } from '../../../../shell/account';
import { JobForm } from '../job-form';
import { begin, jobsAt, type OrchestJob } from './api';
import { OrchestForm } from './form';

const freshKey = 'switchyard-fresh-draft';

interface OrchestProject {
  uuid: string;
  path: string;
  slug: string;
  owner: string;
}

/** Choosing the name and the pipeline: then the project is frozen as a draft, whose form follows. */
export function NewOrchest({ project, pipeline }: { project?: string | undefined; pipeline?: string | undefined }) {
  const navigate = useNavigate();
  const [account] = useAccount();
  const [name, setName] = useState('');
  const [address, setAddress] = useState(project ?? null);
  const [chosen, setChosen] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const projects = useQuery({ queryKey: ['orchest projects'], queryFn: () => call<OrchestProject[]>('GET', '/async/projects?skip_discovery=true'), staleTime: 15_000 });
  const mine = (projects.data ?? []).filter((each) => account === null || each.owner === account || `${each.owner}/${each.slug}` === address);
  const home = mine.find((each) => `${each.owner}/${each.slug}` === address);
  const pipelines = useQuery({
    queryKey: ['orchest pipelines', home?.uuid],
    queryFn: () => call<{ result: { uuid: string; path: string; name: string }[] }>('GET', `/async/pipelines/${home!.uuid}`),
    enabled: home !== undefined,
    staleTime: 15_000,
  });
  const offered = pipelines.data?.result ?? [];
  const now = offered.find((each) => each.uuid === (chosen ?? pipeline) || each.path === (chosen ?? pipeline)) ?? (offered.length === 1 ? offered[0] : undefined);
  const create = (): void => {
    if (!home || !now) return;
    setBusy(true);
    setProblem(undefined);
    call<OrchestJob>('POST', jobsAt, {
      project_uuid: home.uuid,
      pipeline_uuid: now.uuid,
      pipeline_name: now.name,
      name: name.trim() || now.name,
      draft: true,
      pipeline_run_spec: { run_type: 'full', uuids: [] },
      parameters: [{}],
      max_retained_pipeline_runs: 250,
    })
      .then((job) => {
        sessionStorage.setItem(freshKey, job.uuid);
        return navigate({ to: '/jobs/$jobId/edit', params: { jobId: String(job.id) } });
      })
      .catch(setProblem)
      .finally(() => setBusy(false));
  };
  return (
    <Page title="New Orchest job" tab="New Orchest job" eyebrow={<AppLink to="/jobs/new">New job</AppLink>}>
      <Stack gap="md">
        {(problem ?? projects.error ?? pipelines.error) !== undefined && (problem ?? projects.error ?? pipelines.error) !== null && <ErrorBox error={problem ?? projects.error ?? pipelines.error} />}
        <Section title="Job" hint="The project is frozen as it is now: what is changed in it later does not change the job.">
          <TextInput label="Job name" placeholder={now?.name ?? 'my job'} description="The pipeline's name if you give none" value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={255} />
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <Select
              label="Project"
              required
              data={mine.map((each) => ({ value: `${each.owner}/${each.slug}`, label: `${each.path} (${each.owner}/${each.slug})` }))}
              value={address}
              onChange={(next) => {
                setAddress(next);
                setChosen(null);
              }}
              placeholder={projects.isLoading ? 'Loading…' : mine.length > 0 ? 'Choose a project' : 'There is no project yet: make one under Projects'}
              searchable
              limit={100}
              allowDeselect={false}
            />
            <Select
              label="Pipeline"
              required
              data={offered.map((each) => ({ value: each.uuid, label: `${each.name} (${each.path})` }))}
              value={now?.uuid ?? null}
              onChange={setChosen}
              placeholder={home === undefined ? 'Choose a project first' : pipelines.isLoading ? 'Loading…' : offered.length > 0 ? 'Choose a pipeline' : 'The project has no pipeline'}
              disabled={home === undefined}
              searchable
              limit={100}
              allowDeselect={false}
            />
          </SimpleGrid>
          <Group justify="flex-end">
            <Button onClick={create} loading={busy} disabled={!home || !now}>
              Configure
            </Button>
          </Group>
        </Section>
      </Stack>
    </Page>
  );
}

/** A draft that is being configured, a scheduled job that is changed, or one that is duplicated. */
export function EditOrchest({ job, isCopy }: { job: Job; isCopy: boolean }) {
  const uuid = job.public_id ?? '';
  const read = useQuery({
    queryKey: ['orchest job', uuid, 'edit'],
    queryFn: async () => {
      const shown = await call<OrchestJob>('GET', `${jobsAt}/${uuid}`);
      return { shown, ...(await begin(shown)) };
    },
    enabled: !isCopy,
    staleTime: Infinity,
    gcTime: 0,
  });
  if (isCopy) return <Duplicate job={job} uuid={uuid} />;
  if (read.error) return <ErrorBox error={read.error} retry={() => void read.refetch()} />;
  if (!read.data) return <Loading />;
  return <Form job={job} {...read.data} />;
}

function Form({ job, shown, settings, from, problem }: { job: Job; shown: OrchestJob; settings: Settings; from: string; problem?: string }) {
  const navigate = useNavigate();
  const isDraft = shown.status === 'DRAFT';
  const isOver = ['SUCCESS', 'FAILURE', 'ABORTED'].includes(shown.status);
  const isFresh = sessionStorage.getItem(freshKey) === shown.uuid;
  const open = (): void => void navigate({ to: '/jobs/$jobId', params: { jobId: String(job.id) } });
  const put = (change: Settings, confirm: boolean): Promise<unknown> => call('PUT', `${jobsAt}/${shown.uuid}`, confirm ? { ...change, confirm_draft: true } : change);
  // Of a job that runs once its name alone may change.
  const changeable = (change: Settings): Settings => (isDraft || shown.schedule ? change : { name: change.name });
  return (
    <JobForm
      title={isDraft ? `Draft: ${shown.name}` : shown.name}
      eyebrow={<AppLink to="/jobs/$jobId" params={{ jobId: String(job.id) }}>Job {job.id}</AppLink>}
      dialect="orchest"
      initial={settings}
      checked={false}
      saveLabel={isDraft ? 'Run job' : 'Save'}
      fixed={isOver}
      asksAlways={isDraft && isFresh}
      save={async (next) => {
        await put(changeable(next), isDraft);
        sessionStorage.removeItem(freshKey);
        return () => {
          told(isDraft ? 'The job is on its way.' : 'The job is saved.');
          open();
        };
      }}
      actions={
        isDraft
          ? ({ settings: now, leave }) => (
              <Button
                variant="default"
                onClick={() =>
                  void put(now, false).then(() => {
                    sessionStorage.removeItem(freshKey);
                    leave();
                    told('The draft is kept.');
                    open();
                  }, failed)
                }
              >
                Save draft
              </Button>
            )
          : undefined
      }
      leaving={isDraft ? (tools) => <LeaveDraft {...tools} uuid={shown.uuid} keep={(now) => put(now, false)} /> : undefined}
      notice={
        isOver ? (
          <Alert color="blue" variant="outline" title="This job has ended">
            Nothing of it can change any more. Duplicate it to run the pipeline again, as the project is now. <AppLink to="/jobs/$jobId/edit" params={{ jobId: String(job.id) }} search={{ copy: '1' }}>Duplicate</AppLink>
          </Alert>
        ) : !isDraft && !shown.schedule ? (
          <Alert color="blue" variant="outline">
            A job that runs once keeps what it was started with; its name can change.
          </Alert>
        ) : undefined
      }
    >
      <OrchestForm job={shown} from={from} problem={problem} />
    </JobForm>
  );
}

function LeaveDraft({ go, stay, settings, isChanged, uuid, keep }: { go: () => void; stay: () => void; settings: Settings; isChanged: boolean; uuid: string; keep: (settings: Settings) => Promise<unknown> }) {
  const done = (after: Promise<unknown>): void =>
    void after.then(() => {
      sessionStorage.removeItem(freshKey);
      go();
    }, failed);
  return (
    <Stack>
      <Text size="sm">The job is a draft: nothing runs yet. Keep it with {isChanged ? 'what you changed' : 'what it has'} and go on later, or delete it with its copy of the project.</Text>
      <Group justify="flex-end">
        <Button variant="default" onClick={stay} data-autofocus>
          Stay
        </Button>
        <Button color="red" variant="outline" onClick={() => done(call('DELETE', `${jobsAt}/cleanup/${uuid}`))}>
          Delete the draft
        </Button>
        <Button onClick={() => done(keep(settings))}>Keep the draft</Button>
      </Group>
    </Stack>
  );
}

function Duplicate({ job, uuid }: { job: Job; uuid: string }) {
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const back = (): void => void navigate({ to: '/jobs/$jobId', params: { jobId: String(job.id) } });
  return (
    <Page title={`Duplicate ${job.name}`} tab={`Duplicate ${job.name}`} eyebrow={<AppLink to="/jobs/$jobId" params={{ jobId: String(job.id) }}>Job {job.id}</AppLink>}>
      <Modal opened onClose={back} title="Make a draft of this job?" centered>
        <Stack>
          <Text size="sm">The draft has this job&apos;s values, variables and schedule, over the project as it is now. Nothing runs before you press Run job.</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={back}>
              Leave it
            </Button>
            <Button
              loading={busy}
              data-autofocus
              onClick={() => {
                setBusy(true);
                call<OrchestJob>('POST', `${jobsAt}/duplicate`, { job_uuid: uuid })
                  .then((made) => {
                    sessionStorage.setItem(freshKey, made.uuid);
                    return navigate({ to: '/jobs/$jobId/edit', params: { jobId: String(made.id) } });
                  })
                  .catch(failed)
                  .finally(() => setBusy(false));
              }}
            >
              Make a draft
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Page>
  );
}
