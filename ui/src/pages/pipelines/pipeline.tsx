import { Alert, Box, Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconPlayerPlay, IconPlus, IconSettings } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Project } from '../../api/types';
import { Code } from '../../parts/code';
import { GraphView } from '../../parts/graph/graph';
import { positionText } from '../../parts/json-problem';
import { AppLink, ButtonLink } from '../../parts/links';
import { Empty, ErrorBox, Loading, Page } from '../../parts/page';
import { pipelinesOf, projectQuery } from '../projects/data';
import { pictureOf, readPipeline, titleOf, type Pipeline } from './definition';
import { pipelineText } from './save';
import { Services } from './services';
import { PipelineSettings } from './pipeline-settings';
import { NewStep, StepPanel } from './step-panel';
import './pipeline.css';

/** A pipeline: its picture, and beside it what was chosen: a step's properties, or the pipeline's settings. */
export function PipelinePage() {
  const { owner, slug, _splat: path = '' } = useParams({ from: '/app/pipelines/$owner/$slug/$' });
  const project = useQuery(projectQuery(owner, slug));
  const file = useQuery(pipelineText(owner, slug, path));
  const navigate = useNavigate();
  const { view, step } = useSearch({ from: '/app/pipelines/$owner/$slug/$' });
  const read = useMemo(() => (file.data === undefined ? undefined : readPipeline(file.data)), [file.data]);
  const pipeline = read && 'pipeline' in read ? read.pipeline : undefined;
  const go = (search: { view?: string; step?: string }): void => void navigate({ to: '/pipelines/$owner/$slug/$', params: { owner, slug, _splat: path }, search, replace: true });
  const error = project.error ?? file.error;
  const isSettings = view === 'settings';
  const name = pipeline?.name ?? path;
  return (
    <Page
      wide
      title={name}
      tab={`${name} · Pipeline`}
      eyebrow={
        <>
          <AppLink to="/pipelines">Pipelines</AppLink> /{' '}
          <AppLink to="/projects/$owner/$slug" params={{ owner, slug }}>
            {owner}/{slug}
          </AppLink>{' '}
          / <span className="mono">{path}</span>
        </>
      }
      actions={
        pipeline && (
          <>
            <Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => go({ view: 'new-step' })}>
              Add a step
            </Button>
            <ButtonLink to="/jobs/new/$dialect" params={{ dialect: 'orchest' }} search={{ project: `${owner}/${slug}`, pipeline: path }} leftSection={<IconPlayerPlay size={16} aria-hidden />}>
              Run as job
            </ButtonLink>
            <Button variant={isSettings ? 'filled' : 'default'} leftSection={<IconSettings size={16} aria-hidden />} onClick={() => go(isSettings ? {} : { view: 'settings' })} aria-pressed={isSettings} tt="uppercase">
              Settings
            </Button>
          </>
        )
      }
    >
      {error ? (
        <ErrorBox error={error} retry={() => void Promise.all([project.refetch(), file.refetch()])} />
      ) : !read || !project.data ? (
        <Loading rows={1} height={420} />
      ) : 'problem' in read ? (
        <Broken owner={owner} slug={slug} path={path} text={file.data ?? ''} problem={read.problem} />
      ) : (
        <Whole project={project.data} path={path} pipeline={read.pipeline} view={view} step={step} go={go} />
      )}
    </Page>
  );
}

function Whole({ project, path, pipeline, view, step, go }: { project: Project; path: string; pipeline: Pipeline; view: string | undefined; step: string | undefined; go: (search: { view?: string; step?: string }) => void }) {
  const picture = useMemo(() => pictureOf(pipeline), [pipeline]);
  const listed = useQuery(pipelinesOf(project)).data;
  const elsewhere = listed?.find((one) => one.uuid === pipeline.uuid);
  const chosen = step ? pipeline.steps?.[step] : undefined;
  const close = (): void => go({});
  const hasPanel = view === 'settings' || view === 'new-step' || chosen !== undefined;
  return (
    <Stack>
      {listed && !elsewhere && (
        <Alert color="orange" variant="outline" title="The server cannot use this pipeline as it is">
          It is not among the project’s pipelines: a member is missing or of the wrong kind, steps go in a circle, or a connection leads to a step that is not there. Saving a change here says what is wrong.
        </Alert>
      )}
      {elsewhere && elsewhere.path !== path && (
        <Alert color="orange" variant="outline" title="Another file is the same pipeline">
          {elsewhere.path} has the same uuid, so that the server takes that file for this pipeline. Give one of the two another uuid.
        </Alert>
      )}
      <div className={`pipeline${hasPanel ? ' pipeline-with-panel' : ''}`}>
        <Box className="card pipeline-graph">
          {/* The picture is fitted anew where its room changes. */}
          {picture.nodes.length === 0 ? (
            <Empty title="No steps yet" action={<Button onClick={() => go({ view: 'new-step' })}>Add the first step</Button>}>
              A step runs a script or notebook of the project.
            </Empty>
          ) : (
            <GraphView key={String(hasPanel)} nodes={picture.nodes} edges={picture.edges} selected={step} onSelect={(id) => go({ step: id })} label={`Steps of ${pipeline.name}`} />
          )}
        </Box>
        {hasPanel && (
          <Box className="card pipeline-panel" component="section" aria-label={view === 'settings' ? 'Pipeline settings' : view === 'new-step' ? 'New step' : `Properties of ${chosen ? titleOf({ ...chosen, uuid: step! }) : ''}`}>
            {view === 'settings' ? (
              <PipelineSettings project={project} path={path} pipeline={pipeline} close={close} />
            ) : view === 'new-step' ? (
              <NewStep project={project} path={path} pipeline={pipeline} close={close} made={(uuid) => go({ step: uuid })} />
            ) : (
              <StepPanel key={step} project={project} path={path} pipeline={pipeline} step={{ ...chosen!, uuid: step! }} close={close} />
            )}
          </Box>
        )}
      </div>
      {!hasPanel && picture.nodes.length > 0 && (
        <Text size="sm" c="var(--text-muted)">
          Choose a step to see and change its properties. What is saved here stands in the file; jobs that were made before keep what they froze.
        </Text>
      )}
      <Services services={pipeline.services ?? {}} />
    </Stack>
  );
}

/** A file that is no pipeline: what is wrong, where, and the way to mend it. */
function Broken({ owner, slug, path, text, problem }: { owner: string; slug: string; path: string; text: string; problem: { from: number; to: number; message: string } }) {
  return (
    <Stack>
      <Alert color="red" variant="outline" title={`This file cannot be drawn: ${positionText(text, problem.from)}`} role="alert">
        {problem.message}
      </Alert>
      <Group>
        <ButtonLink to="/projects/$owner/$slug/files/$" params={{ owner, slug, _splat: path }} search={{ edit: 'yes' }}>
          Edit the file
        </ButtonLink>
      </Group>
      <Title order={2}>Text</Title>
      <Code value={text} language="json" problems={[problem]} label={`Text of ${path}`} />
    </Stack>
  );
}
