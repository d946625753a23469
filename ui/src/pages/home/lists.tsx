import { Box, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Run } from '../../api/types';
import { DialectBadge } from '../../parts/dialect';
import { AppLink } from '../../parts/links';
import { StateIcon } from '../../parts/state';
import { Duration, Time } from '../../parts/time';
import { triggerWord } from '../runs/list/words';
import './home.css';
import type { Overview } from './overview';

/** A list as rows of one height, or what to know when it is empty. Its room is the same whatever is in it, so that nothing moves when things start and end. */
function Rows({ children, empty }: { children: ReactNode[]; empty: string }) {
  return (
    <div className="home-room">
      {children.length === 0 ? (
        <Text size="sm" c="var(--text-muted)" px="md" py="md">
          {empty}
        </Text>
      ) : (
        <ul className="home-rows">{children}</ul>
      )}
    </div>
  );
}

const RunName = ({ run }: { run: Run }) => (
  <AppLink to="/runs/$runId" params={{ runId: String(run.id) }} className="row-link" size="sm" fw={600} c="inherit" truncate>
    {run.name}{' '}
    <Text span size="sm" c="var(--text-muted)" fw={500}>
      #{run.number}
    </Text>
  </AppLink>
);

/** What runs, for how long by now. */
export function Running({ runs }: { runs: readonly Run[] }) {
  return (
    <Rows empty="Nothing runs at the moment.">
      {runs.map((run) => (
        <li key={run.id}>
          <StateIcon state={run.state} />
          <Box miw={0} flex={1}>
            <Group gap={8} wrap="nowrap">
              <RunName run={run} />
            </Group>
            <Text size="xs" c="var(--text-muted)" truncate>
              {run.reason?.text ?? `${triggerWord(run.trigger)} · ${run.owner}`}
            </Text>
          </Box>
          <Text size="sm" component="span">
            <Duration from={run.started_at ?? run.created_at} />
          </Text>
        </li>
      ))}
    </Rows>
  );
}

/** What failed, and why. */
export function Failed({ runs }: { runs: readonly Run[] }) {
  return (
    <Rows empty="Nothing has failed.">
      {runs.map((run) => (
        <li key={run.id}>
          <StateIcon state={run.state} />
          <Box miw={0} flex={1}>
            <RunName run={run} />
            <Text size="xs" c="var(--text-muted)" truncate title={run.reason?.text}>
              {run.reason?.text ?? 'no reason was recorded'}
            </Text>
          </Box>
          <Text size="sm" component="span" c="var(--text-muted)">
            <Time at={run.ended_at ?? run.created_at} />
          </Text>
        </li>
      ))}
    </Rows>
  );
}

/** What schedules start next. */
export function Next({ next }: { next: Overview['next'] }) {
  return (
    <Rows empty="No job has a schedule that is on. A schedule is set on a job's edit page.">
      {next.map((job) => (
        <li key={job.job_id}>
          <Box miw={0} flex={1}>
            <AppLink to="/jobs/$jobId" params={{ jobId: String(job.job_id) }} className="row-link" size="sm" fw={600} c="inherit" truncate display="block">
              {job.name}
            </AppLink>
            <Text size="xs" c="var(--text-muted)" truncate>
              {triggerWord(job.trigger)} · {job.owner}
            </Text>
          </Box>
          <DialectBadge dialect={job.dialect} />
          <Text size="sm" component="span">
            <Time at={job.at} />
          </Text>
        </li>
      ))}
    </Rows>
  );
}
