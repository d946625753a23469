import { useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, type ReactNode } from 'react';
import { ButtonLink } from '../../parts/links';
import { Empty, Loading, Page } from '../../parts/page';

const NewYard = lazy(() => import('./forms/yard-pages').then((page) => ({ default: page.NewYard })));
const NewDatabricks = lazy(() => import('./forms/databricks/pages').then((page) => ({ default: page.NewDatabricks })));

/** The form of a new job of one kind. */
export function NewJobOf() {
  const { dialect } = useParams({ from: '/app/jobs/new/$dialect' });
  const search = useSearch({ from: '/app/jobs/new/$dialect' });
  void search;
  const forms: Record<string, ReactNode> = {
    yard: <NewYard />,
    databricks: <NewDatabricks />,
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
