import { Button, Group, Select, Stack, Table, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useMemo, type ReactNode } from 'react';
import { ApiError, call } from '../api/client';
import type { Dialect } from '../api/types';
import { cronPresets, cronWords, ownZone, timeIn, zones, type CronKind } from './cron-text';
import { monoInput } from './form/fields';

export interface CronFieldProps {
  value: string;
  onChange: (cron: string) => void;
  zone: string;
  /** Without it the zone is given. */
  onZone?: ((zone: string) => void) | undefined;
  dialect: Dialect;
  label?: string;
  description?: ReactNode;
  error?: string | undefined;
  zoneError?: string | undefined;
  disabled?: boolean | undefined;
}

/** When something is due: a cron expression with what it means in words, and the next five times. */
export function CronField({ value, onChange, zone, onZone, dialect, label = 'Cron expression', description, error, zoneError, disabled = false }: CronFieldProps) {
  const kind: CronKind = dialect === 'orchest' || dialect === 'cloudera' ? 'five' : 'quartz';
  const words = cronWords(value, kind);
  const allZones = useMemo(() => zones(), []);
  const known = zone === '' || allZones.includes(zone) ? allZones : [zone, ...allZones];
  return (
    <Stack gap="xs">
      <Group gap={6} role="group" aria-label="Usual times">
        {cronPresets[kind].map((preset) => (
          <Button key={preset.cron} size="compact-xs" variant={preset.cron === value ? 'filled' : 'default'} aria-pressed={preset.cron === value} onClick={() => onChange(preset.cron)} disabled={disabled}>
            {preset.label}
          </Button>
        ))}
      </Group>
      <Group align="flex-start" gap="sm">
        <TextInput
          style={{ flex: '1 1 220px' }}
          styles={monoInput}
          label={label}
          description={description ?? (kind === 'five' ? 'minute, hour, day of month, month, day of week' : 'second, minute, hour, day of month, month, day of week; ? for the day that is left open')}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
          error={error}
          disabled={disabled}
          autoComplete="off"
          spellCheck={false}
        />
        <Select
          style={{ flex: '1 1 200px' }}
          label="Time zone"
          description="On whose wall clock"
          data={known}
          value={zone || 'UTC'}
          onChange={(next) => next && onZone?.(next)}
          searchable
          limit={60}
          allowDeselect={false}
          error={zoneError}
          disabled={disabled || !onZone}
        />
      </Group>
      <Text size="sm" fw={500} mih={20} aria-live="polite">
        {words ? `${words}.` : ''}
      </Text>
      <NextTimes cron={value} zone={zone || 'UTC'} dialect={dialect} />
    </Stack>
  );
}

/** The next five times of an expression, on the job's wall clock and the viewer's. */
function NextTimes({ cron, zone, dialect }: { cron: string; zone: string; dialect: Dialect }) {
  const [asked] = useDebouncedValue(cron.trim(), 300);
  const preview = useQuery({
    queryKey: ['schedule-preview', asked, zone, dialect],
    queryFn: () => call<{ next: string[]; zone: string }>('POST', '/api/yard/v1/schedules/preview', { cron: asked, zone, dialect, count: 5 }),
    enabled: asked !== '',
    staleTime: 60_000,
    retry: false,
  });
  const mine = ownZone();
  if (asked === '') return null;
  if (preview.error) {
    // A server without this call says that there is no such address; the form does without the list then.
    return preview.error instanceof ApiError && preview.error.status === 400 ? (
      <Text size="sm" c="var(--state-red)" role="alert">
        {preview.error.message}
      </Text>
    ) : null;
  }
  const next = preview.data?.next ?? [];
  return (
    <Table.ScrollContainer minWidth={280} type="native" mih={168}>
      <Table withRowBorders={false} verticalSpacing={2} fz="sm" w="auto" aria-label="The next five times">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Next times ({zone})</Table.Th>
            {mine !== zone && <Table.Th>Here ({mine})</Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {next.map((time) => (
            <Table.Tr key={time}>
              <Table.Td className="tabular">{timeIn(zone, time)}</Table.Td>
              {mine !== zone && <Table.Td className="tabular">{timeIn(mine, time)}</Table.Td>}
            </Table.Tr>
          ))}
          {preview.data && next.length === 0 && (
            <Table.Tr>
              <Table.Td>There is no time to come that this expression means.</Table.Td>
            </Table.Tr>
          )}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
