import { useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, type ReactNode } from 'react';
import { ButtonLink } from '../../parts/links';
import { Empty, Loading, Page } from '../../parts/page';

const NewYard = lazy(() => import('./forms/yard-pages').then((page) => ({ default: page.NewYard })));
const NewDatabricks = lazy(() => import('./forms/databricks/pages').then((page) => ({ default: page.NewDatabricks })));
const NewCloudera = lazy(() => import('./forms/cloudera/pages').then((page) => ({ default: page.NewCloudera })));
const NewOpenPai = lazy(() => import('./forms/openpai/pages').then((page) => ({ default: page.NewOpenPai })));
const NewOrchest = lazy(() => import('./forms/orchest/pages').then((page) => ({ default: page.NewOrchest })));

/** The form of a new job of one kind. */
export function NewJobOf() {
  const { dialect } = useParams({ from: '/app/jobs/new/$dialect' });
  const { project, script, pipeline, from } = useSearch({ from: '/app/jobs/new/$dialect' });
  const forms: Record<string, ReactNode> = {
    yard: <NewYard />,
    databricks: <NewDatabricks />,
    cloudera: <NewCloudera key={`${project ?? ''} ${script ?? ''}`} project={project} script={script} />,
    openpai: <NewOpenPai key={from ?? ''} from={from} />,
    orchest: <NewOrchest key={`${project ?? ''} ${pipeline ?? ''}`} project={project} pipeline={pipeline} />,
  };
  return (
    <Suspense fallback={<Loading />}>
      {forms[dialect] ?? (
        <Page title="New job" tab="New job">
          <Empty title="There is no such kind of job" action={<ButtonLink to="/jobs/new">Choose a kind</ButtonLink>} />
        </Page>
      )}
    </Suspense>
  );
}
