import { Badge, Box, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { call } from '../../api/client';
import type { Project } from '../../api/types';
import { AppLink } from '../../parts/links';
import { Empty, ErrorBox, Loading } from '../../parts/page';
import { Time } from '../../parts/time';
import { projectUuid, type Environment } from '../projects/data';
import { pins, type OrchestJob } from './pins';

/** Rows whose frozen script is compared with the one of now; older jobs are named without. */
const most = 50;

/** The jobs that keep this environment as it was when they were made. */
export function PinnedBy({ project, environment }: { project: Project; environment: Environment }) {
  const uuid = projectUuid(project.id);
  const { data, error } = useQuery({ queryKey: ['orchest-jobs', uuid], queryFn: async () => (await call<{ jobs: OrchestJob[] }>('GET', `/catch/api-proxy/api/jobs?project_uuid=${uuid}`)).jobs });
  if (error) return <ErrorBox error={error} />;
  if (!data) return <Loading rows={2} />;
  const jobs = data.filter((job) => pins(job, environment.uuid));
  if (jobs.length === 0)
    return (
      <Box className="card">
        <Empty title="No job uses it yet">A job keeps the environments of its pipeline as they are when it is made.</Empty>
      </Box>
    );
  return (
    <Table.ScrollContainer minWidth={480} className="card" type="native" tabIndex={0} role="region" aria-label="Jobs that use this environment">
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Job</Table.Th>
            <Table.Th>Pipeline</Table.Th>
            <Table.Th>Keeps</Table.Th>
            <Table.Th>Made</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {jobs.map((job, index) => (
            <Table.Tr key={job.uuid}>
              <Table.Td className="breaks">
                <AppLink to="/jobs/$jobId" params={{ jobId: String(job.id) }}>
                  {job.name}
                </AppLink>{' '}
                <Text span size="sm" c="var(--text-muted)">
                  {job.status.toLowerCase()}
                </Text>
              </Table.Td>
              <Table.Td>{job.pipeline_name}</Table.Td>
              <Table.Td>{index < most ? <Version project={uuid} job={job} environment={environment} /> : '–'}</Table.Td>
              <Table.Td>
                <Time at={`${job.created_time}Z`} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** Whether a job froze the script as it is now. A job's snapshot does not change, so it is read once. */
function Version({ project, job, environment }: { project: string; job: OrchestJob; environment: Environment }) {
  const path = `/.orchest/environments/${environment.uuid}/setup_script.sh`;
  const { data } = useQuery({
    queryKey: ['pinned-script', job.uuid, environment.uuid],
    queryFn: () => call<string>('GET', `/async/file-management/read?${new URLSearchParams({ project_uuid: project, job_uuid: job.uuid, path })}`).catch(() => null),
    staleTime: Infinity,
  });
  if (data === undefined) return <Text size="sm">…</Text>;
  return (
    <Badge variant="default" tt="none" fw={500}>
      {data === null ? 'its own copy' : data === environment.setup_script ? 'this script' : 'an earlier script'}
    </Badge>
  );
}
