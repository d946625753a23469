import { Stack, Text } from '@mantine/core';
import type { Attempt } from '../../api/types';
import { AppLink } from '../../parts/links';
import { Duration, Time } from '../../parts/time';
import { Facts, Verbatim } from './facts';

/** What is known of an attempt beside its log. */
export function AttemptFacts({ attempt }: { attempt: Attempt }) {
  const result = attempt.result;
  const values = Object.entries(result?.values ?? {});
  return (
    <Stack gap="xs">
      <Facts
        facts={[
          ['Reason', attempt.reason?.text],
          ['Waits for', attempt.waiting_for],
          ['Input', attempt.input],
          ['Ready', attempt.ready_at && <Time at={attempt.ready_at} />],
          ['Waited', attempt.ready_at && (attempt.started_at || attempt.state === 'ready') && <Duration from={attempt.ready_at} to={attempt.started_at} />],
          ['Started', attempt.started_at && <Time at={attempt.started_at} />],
          ['Took', attempt.started_at && <Duration from={attempt.started_at} to={attempt.ended_at} />],
          ['Tried again', !attempt.ended_at && attempt.due_at && <Time at={attempt.due_at} />],
          ['Exit code', attempt.exit_code?.toString()],
          ['Outcome', attempt.branch?.toString()],
          ['Ran', attempt.child_run_id && <AppLink to="/runs/$runId" params={{ runId: String(attempt.child_run_id) }} search={{}}>run {attempt.child_run_id}</AppLink>],
          ['Node', attempt.node],
          ['Process', attempt.handle],
          ['Runner', result?.runner],
        ]}
      />
      {result?.error && (
        <div>
          <Text size="sm" fw={600}>
            Error
          </Text>
          <Verbatim label="Error" tone="error">
            {result.error}
          </Verbatim>
        </div>
      )}
      {result?.trace && (
        <details>
          <summary>Trace</summary>
          <Verbatim label="Trace">{result.trace}</Verbatim>
        </details>
      )}
      {result?.exit_value !== undefined && (
        <div>
          <Text size="sm" fw={600}>
            Exit value{result.exit_value_truncated ? ' (its beginning)' : ''}
          </Text>
          <Verbatim label="Exit value">{result.exit_value}</Verbatim>
        </div>
      )}
      {values.length > 0 && (
        <div>
          <Text size="sm" fw={600}>
            Values
          </Text>
          <Facts facts={values.map(([name, value]) => [name, <span key={name} className="mono">{typeof value === 'string' ? value : JSON.stringify(value)}</span>] as const)} />
        </div>
      )}
    </Stack>
  );
}
