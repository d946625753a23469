import { SegmentedControl, SimpleGrid, Stack, Text } from '@mantine/core';
import { CronField } from '../../../../parts/cron-field';
import { ownZone } from '../../../../parts/cron-text';
import { useField, useForm } from '../../../../parts/form/context';
import { ChoiceField, NumberField, TextField, TimeField } from '../../../../parts/form/fields';
import { asMap, asText, type Path, type Settings } from '../../../../parts/form/paths';

const triggers = [
  { value: 'none', label: 'By hand' },
  { value: 'schedule', label: 'Schedule' },
  { value: 'periodic', label: 'Every so often' },
  { value: 'continuous', label: 'Continuous' },
  { value: 'file_arrival', label: 'File arrival' },
] as const;

const fresh: Record<string, () => Settings> = {
  schedule: () => ({ schedule: { quartz_cron_expression: '0 0 2 * * ?', timezone_id: ownZone(), pause_status: 'UNPAUSED' } }),
  periodic: () => ({ trigger: { periodic: { interval: 1, unit: 'DAYS' }, pause_status: 'UNPAUSED' } }),
  continuous: () => ({ continuous: { pause_status: 'UNPAUSED' } }),
  file_arrival: () => ({ trigger: { file_arrival: { url: 'dbfs:/incoming/' }, pause_status: 'UNPAUSED' } }),
};

/** What starts runs: one of several, or nothing. */
export function Triggers() {
  const { settings, set, fixed } = useForm();
  const trigger = asMap(settings.trigger);
  const now = settings.schedule ? 'schedule' : settings.continuous ? 'continuous' : trigger.file_arrival ? 'file_arrival' : trigger.periodic ? 'periodic' : settings.trigger ? 'other' : 'none';
  const choose = (next: string): void => {
    for (const name of ['schedule', 'continuous', 'trigger']) set([name], undefined);
    for (const [name, value] of Object.entries(fresh[next]?.() ?? {})) set([name], value);
  };
  return (
    <Stack gap="sm">
      <SegmentedControl data={[...triggers, ...(now === 'other' ? [{ value: 'other', label: 'Other' }] : [])]} value={now} onChange={choose} aria-label="What starts runs" disabled={fixed ?? false} style={{ flexWrap: 'wrap', alignSelf: 'flex-start' }} />
      {now === 'schedule' && (
        <>
          <Schedule />
          <PauseField path={['schedule', 'pause_status']} />
        </>
      )}
      {now === 'periodic' && (
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          <NumberField path={['trigger', 'periodic', 'interval']} label="Every" min={1} />
          <ChoiceField path={['trigger', 'periodic', 'unit']} label="Unit" data={['MINUTES', 'HOURS', 'DAYS', 'WEEKS'].map((unit) => ({ value: unit, label: unit.toLowerCase() }))} />
          <PauseField path={['trigger', 'pause_status']} />
        </SimpleGrid>
      )}
      {now === 'continuous' && (
        <>
          <Text size="sm">There is always one run: the next begins a second after the last has ended, later after failures.</Text>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <PauseField path={['continuous', 'pause_status']} />
            <ChoiceField
              path={['continuous', 'task_retry_mode']}
              label="Tasks that fail"
              usual="NEVER"
              data={[
                { value: 'NEVER', label: 'are not repeated' },
                { value: 'ON_FAILURE', label: 'are repeated as they say' },
              ]}
            />
          </SimpleGrid>
        </>
      )}
      {now === 'file_arrival' && (
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextField path={['trigger', 'file_arrival', 'url']} label="Directory" description="dbfs:/DIRECTORY/ or file:/DIRECTORY/, with a slash at its end" required mono />
          <PauseField path={['trigger', 'pause_status']} />
          <TimeField path={['trigger', 'file_arrival', 'min_time_between_triggers_seconds']} unit="s" label="Between runs" description="0, or at least 60 s" placeholder="0" />
          <TimeField path={['trigger', 'file_arrival', 'wait_after_last_change_seconds']} unit="s" label="Wait after the last change" description="0, or at least 60 s" placeholder="0" />
        </SimpleGrid>
      )}
      {now === 'other' && <Text size="sm">This trigger has no form; it is kept as it is. Change it on the JSON / YAML side.</Text>}
    </Stack>
  );
}

function Schedule() {
  const cron = useField(['schedule', 'quartz_cron_expression']);
  const zone = useField(['schedule', 'timezone_id']);
  return <CronField value={asText(cron.value)} onChange={cron.set} zone={asText(zone.value)} onZone={zone.set} dialect="databricks" error={cron.error} zoneError={zone.error} disabled={cron.fixed} />;
}

function PauseField({ path }: { path: Path }) {
  return (
    <ChoiceField
      path={path}
      label="State"
      data={[
        { value: 'UNPAUSED', label: 'in force' },
        { value: 'PAUSED', label: 'paused: it starts nothing' },
      ]}
    />
  );
}
