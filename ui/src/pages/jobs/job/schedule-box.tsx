import { Stack, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Job } from '../../../api/types';
import { ownZone, timeIn } from '../../../parts/cron-text';
import { ErrorBox } from '../../../parts/page';
import { Time } from '../../../parts/time';
import { triggerWord } from '../../runs/list/words';
import { scheduleOf } from './schedule';
import { firesQuery } from './use-job';

/** What starts the job, in words, and the next times on the wall clock there and here. */
export function ScheduleBox({ job }: { job: Job }) {
  const schedule = scheduleOf(job);
  const { data, error } = useQuery({ ...firesQuery(job.id), enabled: job.trigger !== 'manual' });
  const here = ownZone();
  return (
    <section aria-label="Schedule" className="card" style={{ padding: 16 }}>
      <Stack gap={8}>
        <Title order={2} size="h3">
          {schedule ? 'Schedule' : 'Trigger'}
        </Title>
        {schedule ? (
          <div>
            <Text size="sm">{schedule.words ?? 'By a cron expression'}</Text>
            <Text size="xs" c="var(--text-muted)">
              <code className="mono">{schedule.cron}</code> in {schedule.zone}
            </Text>
          </div>
        ) : (
          <Text size="sm">{job.trigger === 'manual' ? 'It runs when somebody, or a client, starts it.' : triggerWord(job.trigger)}</Text>
        )}
        {job.paused && (
          <Text size="sm" c="var(--state-yellow)">
            Paused: nothing starts it by itself.
          </Text>
        )}
        {error && <ErrorBox error={error} />}
        {data && data.next.length > 0 && (
          <>
            <Text size="sm">
              Next <Time at={data.next[0]} />, then:
            </Text>
            <Table fz="xs" verticalSpacing={4} horizontalSpacing={0} withRowBorders={false} aria-label="Next fires">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>In {data.zone}</Table.Th>
                  {data.zone !== here && <Table.Th>Here ({here})</Table.Th>}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {data.next.map((at) => (
                  <Table.Tr key={at}>
                    <Table.Td className="tabular">{timeIn(data.zone, at)}</Table.Td>
                    {data.zone !== here && <Table.Td className="tabular">{timeIn(here, at)}</Table.Td>}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </>
        )}
      </Stack>
    </section>
  );
}

