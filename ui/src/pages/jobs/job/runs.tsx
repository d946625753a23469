import { Title } from '@mantine/core';
import { useMemo } from 'react';
import type { Job } from '../../../api/types';
import { Empty } from '../../../parts/page';
import type { Texts } from '../../../routes/search';
import { filtersOf } from '../../runs/list/filters';
import { RunFilterBar } from '../../runs/list/run-filters';
import { runColumns, RunList } from '../../runs/list/run-list';

const usual = [runColumns.state, runColumns.number, runColumns.trigger, runColumns.started, runColumns.duration, runColumns.reason];
const ofCloudera = [runColumns.state, runColumns.number, runColumns.publicId, runColumns.started, runColumns.duration, runColumns.output, runColumns.reason];

/** The runs of a job; those of Cloudera jobs with what their document speaks of. */
export function JobRuns({ job, search, onChange }: { job: Job; search: Texts; onChange?: (change: Texts) => void }) {
  const { state, within, from, to } = search;
  const filters = useMemo(() => ({ ...filtersOf({ state, within, from, to }, null, Date.now()), job_id: job.id }), [state, within, from, to, job.id]);
  return (
    <RunList
      filters={filters}
      columns={job.dialect === 'cloudera' ? ofCloudera : usual}
      head={
        onChange ? (
          <RunFilterBar search={search} onChange={onChange} withJob={false} />
        ) : (
          <Title order={2} size="h3">
            Runs
          </Title>
        )
      }
      empty={<Empty title={state || within || from || to ? 'No run of this job is like that' : 'It has not run yet'}>Press Run now to see it go.</Empty>}
    />
  );
}
