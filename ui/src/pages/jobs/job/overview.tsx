import { Grid, Stack } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useLive, useThrottled } from '../../../api/live';
import type { Job } from '../../../api/types';
import { RunHistory } from '../history/run-history';
import { CountsBox } from './counts-box';
import { JobRuns } from './runs';
import { ScheduleBox } from './schedule-box';

/** How a job's runs went, and what comes next. */
export function Overview({ job, before, onBefore }: { job: Job; before: string | undefined; onBefore: (before: string | undefined) => void }) {
  const client = useQueryClient();
  // Counts and the next fires move with runs; which runs are the job's the server knows.
  const again = useThrottled(() => void client.invalidateQueries({ queryKey: ['jobs', 'one', job.id], exact: true }), 2500);
  useLive((events) => {
    if (events.some((event) => event.task == null)) again();
  });
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, lg: 9 }}>
        <Stack gap="md">
          <RunHistory job={job} before={before} onBefore={onBefore} />
          {job.dialect === 'cloudera' && (
            <section aria-label="Runs">
              <JobRuns job={job} search={{}} />
            </section>
          )}
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 3 }}>
        <Stack gap="md">
          <ScheduleBox job={job} />
          <CountsBox job={job} />
        </Stack>
      </Grid.Col>
    </Grid>
  );
}
