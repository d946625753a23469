import { useQuery } from '@tanstack/react-query';
import { useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, type ReactNode } from 'react';
import { answer, api } from '../../api/client';
import { Empty, ErrorBox, Loading, Page } from '../../parts/page';

const EditYard = lazy(() => import('./forms/yard-pages').then((page) => ({ default: page.EditYard })));
const EditDatabricks = lazy(() => import('./forms/databricks/pages').then((page) => ({ default: page.EditDatabricks })));

const EditCloudera = lazy(() => import('./forms/cloudera/pages').then((page) => ({ default: page.EditCloudera })));
const EditOrchest = lazy(() => import('./forms/orchest/pages').then((page) => ({ default: page.EditOrchest })));

/** The form of a job that is there, or (`?copy=1`) of a new one that begins as it. */
export function EditJob() {
  const { jobId } = useParams({ from: '/app/jobs/$jobId/edit' });
  const { copy } = useSearch({ from: '/app/jobs/$jobId/edit' });
  const job = useQuery({ queryKey: ['job', jobId, 'edit'], queryFn: () => answer(api.GET('/api/yard/v1/jobs/{id}', { params: { path: { id: Number(jobId) } } })), staleTime: Infinity, gcTime: 0 });
  if (job.error) return <ErrorBox error={job.error} retry={() => void job.refetch()} />;
  if (!job.data) return <Loading />;
  const isCopy = copy === '1';
  const forms: Record<string, ReactNode> = {
    yard: <EditYard key={`${jobId} ${copy ?? ''}`} job={job.data} isCopy={isCopy} />,
    databricks: <EditDatabricks key={`${jobId} ${copy ?? ''}`} job={job.data} isCopy={isCopy} />,
    cloudera: <EditCloudera key={`${jobId} ${copy ?? ''}`} job={job.data} isCopy={isCopy} />,
    orchest: <EditOrchest key={`${jobId} ${copy ?? ''}`} job={job.data} isCopy={isCopy} />,
  };
  return (
    <Suspense fallback={<Loading />}>
      {forms[job.data.dialect] ?? (
        <Page title={job.data.name} tab={job.data.name}>
          <Empty title="This kind of job has no form here" />
        </Page>
      )}
    </Suspense>
  );
}
