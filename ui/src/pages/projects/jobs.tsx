import { Button, Stack } from '@mantine/core';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useLive, useThrottled } from '../../api/live';
import { Empty, ErrorBox, Loading } from '../../parts/page';
import { ProjectFrame } from './frame';
import { JobRows, projectJobsQuery } from './job-rows';
import { NewJobButton } from './new-job';

/** All jobs of a project. */
export function ProjectJobs() {
  const { owner, slug } = useParams({ from: '/app/projects/$owner/$slug/jobs' });
  const client = useQueryClient();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(projectJobsQuery(owner, slug));
  const again = useThrottled(() => void client.invalidateQueries({ queryKey: ['jobs', 'of', owner, slug] }), 2000);
  useLive(again);
  const jobs = data?.pages.flatMap((page) => page.jobs) ?? [];
  return (
    <ProjectFrame owner={owner} slug={slug} tab="Jobs" actions={<NewJobButton owner={owner} slug={slug} />}>
      {() =>
        error ? (
          <ErrorBox error={error} retry={() => void refetch()} />
        ) : !data ? (
          <Loading />
        ) : jobs.length === 0 ? (
          <Empty title="No jobs yet">Schedule a script or notebook from where you see it in Files, or a pipeline from its page.</Empty>
        ) : (
          <Stack>
            <div className="card">
              <JobRows jobs={jobs} owner={owner} slug={slug} />
            </div>
            {hasNextPage && (
              <Button variant="default" onClick={() => void fetchNextPage()} loading={isFetchingNextPage}>
                More jobs
              </Button>
            )}
          </Stack>
        )
      }
    </ProjectFrame>
  );
}
