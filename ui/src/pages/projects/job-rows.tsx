import { Table, Text } from '@mantine/core';
import { infiniteQueryOptions } from '@tanstack/react-query';
import { answer, api } from '../../api/client';
import type { Job } from '../../api/types';
import { DialectBadge } from '../../parts/dialect';
import { AppLink } from '../../parts/links';
import { StateBadge } from '../../parts/state';
import { Time } from '../../parts/time';

/** Jobs of a project, of every dialect, newest first. */
export const projectJobsQuery = (owner: string, slug: string, limit = 50) =>
  infiniteQueryOptions({
    queryKey: ['jobs', 'of', owner, slug, limit],
    queryFn: ({ pageParam }) => answer(api.GET('/api/yard/v1/jobs', { params: { query: { project: `${owner}/${slug}`, limit, ...(pageParam ? { before: pageParam } : {}) } } })),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => last.next_before ?? null,
  });

/** Jobs with how they last went. A Cloudera job's page has the address from which its start URL is derived. */
export function JobRows({ jobs, owner, slug }: { jobs: readonly Job[]; owner: string; slug: string }) {
  return (
    <Table.ScrollContainer minWidth={520} type="native" tabIndex={0} role="region" aria-label="Jobs of the project">
      <Table verticalSpacing="xs" highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Job</Table.Th>
            <Table.Th>API</Table.Th>
            <Table.Th>Last run</Table.Th>
            <Table.Th>Next</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {jobs.map((job) => (
            <Table.Tr key={job.id}>
              <Table.Td className="breaks">
                {job.dialect === 'cloudera' && job.public_id ? (
                  <AppLink to="/$user/$project/jobs/$jobId" params={{ user: owner, project: slug, jobId: job.public_id }} fw={600}>
                    {job.name}
                  </AppLink>
                ) : (
                  <AppLink to="/jobs/$jobId" params={{ jobId: String(job.id) }} fw={600}>
                    {job.name}
                  </AppLink>
                )}
              </Table.Td>
              <Table.Td>
                <DialectBadge dialect={job.dialect} />
              </Table.Td>
              <Table.Td className="nowrap">
                {job.last_run ? (
                  <AppLink to="/runs/$runId" params={{ runId: String(job.last_run.id) }} underline="never" c="inherit" size="sm">
                    <StateBadge state={job.last_run.state} /> <Time at={job.last_run.ended_at ?? job.last_run.created_at} />
                  </AppLink>
                ) : (
                  <Text size="sm" c="var(--text-muted)">
                    never ran
                  </Text>
                )}
              </Table.Td>
              <Table.Td className="nowrap">{job.paused ? 'paused' : job.next_fire_at ? <Time at={job.next_fire_at} /> : '–'}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
