import { Select, SimpleGrid, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { MultiSelect } from '@mantine/core';
import { call } from '../../../../api/client';
import { useField } from '../../../../parts/form/context';
import { NumberField, SwitchField, TagsField } from '../../../../parts/form/fields';
import { asList, asMap, asText, type Path } from '../../../../parts/form/paths';

const events = [
  { value: 'on_start', label: 'it starts' },
  { value: 'on_success', label: 'it succeeds' },
  { value: 'on_failure', label: 'it fails' },
  { value: 'on_duration_warning_threshold_exceeded', label: 'it runs too long' },
] as const;

/** Who is told of a job's runs, or of a task. */
export function NoticeFields({ path, ofTask = false }: { path: Path; ofTask?: boolean }) {
  const destinations = useQuery({
    queryKey: ['notification-destinations'],
    queryFn: () => call<{ results?: { id: string; display_name: string }[] }>('GET', '/api/2.0/notification-destinations'),
    staleTime: 60_000,
    retry: false,
  });
  const known = (destinations.data?.results ?? []).map((each) => ({ value: each.id, label: each.display_name }));
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {events.map((event) => (
          <TagsField key={event.value} path={[...path, 'email_notifications', event.value]} label={`Mail when ${event.label}`} placeholder="ops@example.org" />
        ))}
        {events.map((event) => (
          <HooksField key={event.value} path={[...path, 'webhook_notifications', event.value]} label={`Destination when ${event.label}`} known={known} />
        ))}
      </SimpleGrid>
      <TooLongField path={[...path, 'health']} />
      <SwitchField path={[...path, 'notification_settings', 'no_alert_for_skipped_runs']} label="Not of skipped runs" />
      <SwitchField path={[...path, 'notification_settings', 'no_alert_for_canceled_runs']} label="Not of cancelled runs" />
      {ofTask && <SwitchField path={[...path, 'notification_settings', 'alert_on_last_attempt']} label="Failures only of the last attempt, starts only of the first" />}
    </Stack>
  );
}

function HooksField({ path, label, known }: { path: Path; label: string; known: readonly { value: string; label: string }[] }) {
  const { value, set, error, fixed } = useField(path);
  const ids = asList(value).map((each) => asText(asMap(each).id));
  const all = [...known, ...ids.filter((id) => !known.some((each) => each.value === id)).map((id) => ({ value: id, label: id }))];
  return (
    <MultiSelect
      label={label}
      data={all}
      value={ids}
      onChange={(next) => set(next.length > 0 ? next.map((id) => ({ id })) : undefined)}
      placeholder={ids.length > 0 ? '' : all.length > 0 ? 'none' : 'There are no destinations yet'}
      maxValues={3}
      error={error}
      disabled={fixed || all.length === 0}
    />
  );
}

/** The health rule that says what "too long" is. */
function TooLongField({ path }: { path: Path }) {
  const { value, set } = useField(path);
  const rules = asList(asMap(value).rules);
  const at = rules.findIndex((rule) => asMap(rule).metric === 'RUN_DURATION_SECONDS');
  return at >= 0 ? (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <NumberField path={[...path, 'rules', at, 'value']} label="Too long is over" suffix=" s" />
      <Select
        label="Rule"
        data={[
          { value: 'on', label: 'is watched' },
          { value: 'off', label: 'is removed' },
        ]}
        value="on"
        allowDeselect={false}
        onChange={(next) => next === 'off' && set(rules.length > 1 ? { rules: rules.filter((_, index) => index !== at) } : undefined)}
      />
    </SimpleGrid>
  ) : (
    <NumberFieldStarter onStart={(seconds) => set({ rules: [...rules, { metric: 'RUN_DURATION_SECONDS', op: 'GREATER_THAN', value: seconds }] })} />
  );
}

function NumberFieldStarter({ onStart }: { onStart: (seconds: number) => void }) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <Select
        label="Too long is over"
        placeholder="nothing is too long"
        data={[
          { value: '600', label: '10 minutes' },
          { value: '3600', label: '1 hour' },
          { value: '21600', label: '6 hours' },
          { value: '86400', label: '1 day' },
        ]}
        value={null}
        onChange={(next) => next && onStart(Number(next))}
      />
    </SimpleGrid>
  );
}
