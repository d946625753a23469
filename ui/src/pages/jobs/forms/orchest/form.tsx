import { SegmentedControl, SimpleGrid, Stack, Switch, Text, TextInput } from '@mantine/core';
import { CronField } from '../../../../parts/cron-field';
import { useField, useForm } from '../../../../parts/form/context';
import { ChoiceField, NumberField, TextField } from '../../../../parts/form/fields';
import { PairsField, Section } from '../../../../parts/form/lists';
import { asList, asText } from '../../../../parts/form/paths';
import { exactTime } from '../../../../parts/time';
import type { OrchestJob } from './api';
import { PipelineRuns } from './runs';
import { Values } from './values';

/** A job of a pipeline: what it runs with, how often, when. */
export function OrchestForm({ job, from, problem }: { job: OrchestJob; from: string; problem?: string | undefined }) {
  const { settings } = useForm();
  const isOnce = job.status !== 'DRAFT' && !job.schedule;
  return (
    <>
      <Section title="Job" hint={`Pipeline ${job.pipeline_name}, as the project was when the job was made.`}>
        <TextField path={['name']} label="Name" required />
      </Section>
      {!isOnce && (
        <>
          <Section title="Parameters">
            <Values job={job} from={from} problem={problem} />
          </Section>
          <Section title={`Pipeline runs (${asList(settings.parameters).length})`} hint="Runs that are not chosen are left out.">
            <PipelineRuns />
          </Section>
          <Section title="Environment variables" hint="The project's, with the pipeline's over them, as they were when the job was made; what stands here counts.">
            <PairsField path={['env_variables']} label="Variables" add="Add a variable" keepsEmpty />
          </Section>
          <Section title="Schedule">
            <ScheduleFields isDraft={job.status === 'DRAFT'} />
          </Section>
          <Section title="Retention">
            <Retention />
          </Section>
        </>
      )}
    </>
  );
}

const localOf = (iso: string): string => {
  const at = new Date(iso.includes('T') || iso.includes('+') ? iso.replace(' ', 'T') : `${iso.replace(' ', 'T')}Z`);
  return Number.isNaN(at.getTime()) ? '' : new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

function ScheduleFields({ isDraft }: { isDraft: boolean }) {
  const { settings, set, fixed } = useForm();
  const cron = useField(['cron_schedule']);
  const zone = useField(['time_zone']);
  const once = useField(['next_scheduled_time']);
  const now = settings.cron_schedule !== undefined ? 'cron' : settings.next_scheduled_time !== undefined ? 'once' : 'now';
  const choose = (next: string): void => {
    set(['cron_schedule'], next === 'cron' ? '0 * * * *' : undefined);
    set(['time_zone'], next === 'cron' ? 'UTC' : undefined);
    set(['overlap_policy'], undefined);
    set(['next_scheduled_time'], next === 'once' ? new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000).toISOString() : undefined);
  };
  return (
    <Stack gap="sm">
      {isDraft && (
        <SegmentedControl
          style={{ alignSelf: 'flex-start' }}
          aria-label="When the job runs"
          value={now}
          disabled={fixed ?? false}
          onChange={choose}
          data={[
            { value: 'now', label: 'Now' },
            { value: 'once', label: 'Once' },
            { value: 'cron', label: 'Recurring' },
          ]}
        />
      )}
      {now === 'now' && <Text size="sm">The runs start as soon as you press Run job.</Text>}
      {now === 'once' && (
        <TextInput
          type="datetime-local"
          label="Date and time"
          description={`In your own time zone; that is ${asText(once.value) ? new Date(asText(once.value)).toISOString().replace('T', ' ').slice(0, 16) : '–'} in UTC. A time that is over means now.`}
          maw={360}
          value={localOf(asText(once.value))}
          onChange={(event) => {
            const at = new Date(event.currentTarget.value);
            if (!Number.isNaN(at.getTime())) once.set(at.toISOString());
          }}
          error={once.error}
          disabled={fixed ?? false}
          aria-label={`Date and time: ${asText(once.value) ? exactTime(asText(once.value)) : ''}`}
        />
      )}
      {now === 'cron' && (
        <>
          <CronField value={asText(cron.value)} onChange={cron.set} zone={asText(zone.value) || 'UTC'} onZone={zone.set} dialect="orchest" error={cron.error} zoneError={zone.error} disabled={fixed} />
          <ChoiceField
            path={['overlap_policy']}
            label="When earlier runs are still going on"
            usual="allow"
            data={[
              { value: 'allow', label: 'start the new ones all the same' },
              { value: 'skip', label: 'pass this time over' },
            ]}
          />
        </>
      )}
    </Stack>
  );
}

function Retention() {
  const { value, set, fixed } = useField(['max_retained_pipeline_runs']);
  const isAll = value === -1;
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <Switch label="Keep all runs" description="Otherwise the oldest are removed with their files." checked={isAll} disabled={fixed} onChange={(event) => set(event.currentTarget.checked ? -1 : 250)} />
      {!isAll && <NumberField path={['max_retained_pipeline_runs']} label="Runs that are kept" description="250 if nothing is said" min={1} placeholder="250" />}
    </SimpleGrid>
  );
}
