import { CloseButton, Group, Tabs, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useMemo } from 'react';
import type { Run } from '../../api/types';
import type { GraphEdge, GraphNode } from '../../parts/graph/graph';
import { AppLink, ButtonLink } from '../../parts/links';
import { Code } from '../../parts/code';
import { Empty, ErrorBox, Loading, Page } from '../../parts/page';
import { StateBadge } from '../../parts/state';
import { Duration } from '../../parts/time';
import { orchestPipeline, type Pipeline } from './orchest';
import { spanOf } from './patch';
import { RunFiles } from './run-files';
import './runs.css';
import { StepPanel } from './step-panel';
import { useRun } from './use-run';

const GraphView = lazy(() => import('../../parts/graph/graph').then((module) => ({ default: module.GraphView })));

/** The pipeline of a run as it was frozen: to look at, not to change. */
export function RunPipeline() {
  const { runId } = useParams({ from: '/app/runs/$runId/pipeline' });
  const query = useRun(Number(runId));
  if (query.error && !query.data) return <ErrorBox error={query.error} retry={() => void query.refetch()} />;
  return query.data ? <Shown run={query.data} key={query.data.id} /> : <Loading />;
}

function Shown({ run }: { run: Run }) {
  const search = useSearch({ from: '/app/runs/$runId/pipeline' });
  const navigate = useNavigate();
  const query = useQuery({ queryKey: ['run', run.id, 'pipeline'], enabled: run.dialect === 'orchest', staleTime: Infinity, retry: false, queryFn: () => orchestPipeline(run) });
  const select = (step: string | undefined): void => void navigate({ to: '/runs/$runId/pipeline', params: { runId: String(run.id) }, search: step ? { step } : {}, replace: true, resetScroll: false });
  const step = query.data?.pipeline.steps[search.step ?? ''];
  return (
    <Page
      wide
      title={
        <Group gap="sm">
          {query.data?.pipeline.name ?? run.name}
          <StateBadge state={run.state} title={run.reason?.text} />
        </Group>
      }
      tab={`Pipeline of ${run.name} #${run.number}`}
      eyebrow={
        <>
          <AppLink to="/jobs/$jobId" params={{ jobId: String(run.job_id) }} search={{}}>
            {run.name}
          </AppLink>{' '}
          › run #{run.number} › pipeline as it was frozen, read only
        </>
      }
      actions={
        <ButtonLink variant="default" to="/runs/$runId" params={{ runId: String(run.id) }} search={{}}>
          The run
        </ButtonLink>
      }
    >
      {run.dialect !== 'orchest' ? (
        <Empty title="This run has no pipeline file">Only runs of Orchest jobs have one; the run's page shows its tasks.</Empty>
      ) : query.error ? (
        <ErrorBox error={query.error} retry={() => void query.refetch()} title="The pipeline cannot be shown" />
      ) : !query.data ? (
        <Loading />
      ) : (
        <>
          <div className={step ? 'run-split' : undefined}>
            <div className="run-main">
              <div className="pipeline-canvas card">
                <Picture run={run} pipeline={query.data.pipeline} selected={step?.uuid} onSelect={select} />
              </div>
            </div>
            {step && (
              <aside className="run-panel card" style={{ marginTop: 0 }} aria-label={`Step ${step.title}`}>
                <Group justify="space-between" wrap="nowrap">
                  <Text fw={650} component="h2" m={0} className="breaks">
                    {step.title}
                  </Text>
                  <CloseButton aria-label="Close the step" onClick={() => select(undefined)} />
                </Group>
                <StepPanel key={step.uuid} run={run} step={step} given={query.data.run.parameters?.[step.uuid]} task={run.tasks?.find((task) => task.key === step.uuid)} />
              </aside>
            )}
          </div>
          <Below run={run} pipeline={query.data.pipeline} given={query.data.run.parameters?.['pipeline_parameters']} />
        </>
      )}
    </Page>
  );
}

function Picture({ run, pipeline, selected, onSelect }: { run: Run; pipeline: Pipeline; selected: string | undefined; onSelect: (step: string) => void }) {
  const steps = useMemo(() => Object.values(pipeline.steps), [pipeline]);
  const nodes = useMemo(() => {
    const tasks = new Map((run.tasks ?? []).map((task) => [task.key, task]));
    return steps.map((step): GraphNode => {
      const task = tasks.get(step.uuid);
      const span = task ? spanOf(task) : {};
      return {
        id: step.uuid,
        title: step.title,
        ...(task ? { state: task.state } : {}),
        note: (
          <>
            {span.from && (
              <>
                <Duration from={span.from} to={span.to} /> ·{' '}
              </>
            )}
            {step.file_path}
          </>
        ),
      };
    });
  }, [run.tasks, steps]);
  const edges = useMemo(() => steps.flatMap((step) => (step.incoming_connections ?? []).map((from): GraphEdge => ({ from, to: step.uuid }))), [steps]);
  if (steps.length === 0) return <Empty title="The pipeline has no steps" />;
  return (
    <Suspense fallback={<div style={{ height: '100%' }} aria-busy="true" />}>
      <GraphView nodes={nodes} edges={edges} selected={selected} onSelect={onSelect} label={`Pipeline ${pipeline.name}`} />
    </Suspense>
  );
}

function Below({ run, pipeline, given }: { run: Run; pipeline: Pipeline; given: Record<string, unknown> | undefined }) {
  return (
    <Tabs defaultValue="files" mt="md" keepMounted={false}>
      <Tabs.List className="tabs-line" aria-label="Of the pipeline">
        <Tabs.Tab value="files">Files</Tabs.Tab>
        <Tabs.Tab value="parameters">Pipeline parameters</Tabs.Tab>
        <Tabs.Tab value="file">Pipeline file</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="files" pt="sm">
        <Title order={2} mb="xs">
          The run's copy of the project
        </Title>
        <RunFiles runId={run.id} path="" />
      </Tabs.Panel>
      <Tabs.Panel value="parameters" pt="sm">
        <Code value={JSON.stringify(given ?? pipeline.parameters ?? {}, null, 2)} language="json" label="Pipeline parameters" />
      </Tabs.Panel>
      <Tabs.Panel value="file" pt="sm">
        <Code value={JSON.stringify(pipeline, null, 2)} language="json" label="Pipeline file" />
      </Tabs.Panel>
    </Tabs>
  );
}
