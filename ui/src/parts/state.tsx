import { Badge, Tooltip } from '@mantine/core';
import {
  IconBan, IconCircleCheck, IconCircleDashed, IconCircleX, IconClock, IconClockX, IconHourglass, IconLoader2, IconPlayerSkipForward, IconRefresh, IconAlertTriangle, type Icon,
} from '@tabler/icons-react';

interface Look {
  /** A colour of the theme. */
  color: string;
  icon: Icon;
  text: string;
}

const looks: Record<string, Look> = {
  queued: { color: 'gray', icon: IconHourglass, text: 'Queued' },
  waiting: { color: 'gray', icon: IconHourglass, text: 'Waiting' },
  blocked: { color: 'gray', icon: IconCircleDashed, text: 'Blocked' },
  ready: { color: 'cyan', icon: IconHourglass, text: 'Ready' },
  starting: { color: 'blue', icon: IconLoader2, text: 'Starting' },
  running: { color: 'blue', icon: IconLoader2, text: 'Running' },
  cancelling: { color: 'orange', icon: IconBan, text: 'Cancelling' },
  waiting_for_retry: { color: 'yellow', icon: IconRefresh, text: 'Waiting for retry' },
  succeeded: { color: 'green', icon: IconCircleCheck, text: 'Succeeded' },
  succeeded_with_failures: { color: 'lime', icon: IconAlertTriangle, text: 'Succeeded with failures' },
  failed: { color: 'red', icon: IconCircleX, text: 'Failed' },
  timed_out: { color: 'red', icon: IconClockX, text: 'Timed out' },
  lost: { color: 'red', icon: IconAlertTriangle, text: 'Lost' },
  cancelled: { color: 'orange', icon: IconBan, text: 'Cancelled' },
  skipped: { color: 'gray', icon: IconPlayerSkipForward, text: 'Skipped' },
};

/** How a state of a run, a task or an attempt looks, everywhere: colour, icon and word. */
export const lookOf = (state: string): Look => looks[state] ?? { color: 'gray', icon: IconClock, text: state };

/** A CSS colour that fills a cell, bar or node of a state. */
export const fillOf = (state: string): string => `var(--state-${lookOf(state).color})`;

/** A state as a badge. */
export function StateBadge({ state, title }: { state: string; title?: string | null | undefined }) {
  const look = lookOf(state);
  const badge = (
    <Badge className={`state-badge state-${look.color}`} variant="default" leftSection={<look.icon size={13} aria-hidden className={state === 'running' || state === 'starting' ? 'turns' : undefined} />} tt="none" fw={600}>
      {look.text}
    </Badge>
  );
  return title ? (
    <Tooltip label={title} multiline maw={420} events={{ hover: true, focus: true, touch: true }}>
      {badge}
    </Tooltip>
  ) : (
    badge
  );
}

/** A state as a small icon, named for screen readers. */
export function StateIcon({ state, size = 16 }: { state: string; size?: number }) {
  const look = lookOf(state);
  return <look.icon size={size} role="img" aria-label={look.text} color={fillOf(state)} className={state === 'running' || state === 'starting' ? 'turns' : undefined} />;
}
