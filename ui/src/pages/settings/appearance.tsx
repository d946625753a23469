import { SegmentedControl, Stack, Text, Title, useMantineColorScheme } from '@mantine/core';

/** How pages look, in this browser. */
export function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Stack className="card" p="md" maw={560}>
      <Title order={2}>Look</Title>
      <SegmentedControl
        aria-label="Look"
        value={colorScheme}
        onChange={(value) => setColorScheme(value as 'light' | 'dark' | 'auto')}
        data={[
          { value: 'auto', label: 'As the system' },
          { value: 'light', label: 'Light' },
          { value: 'dark', label: 'Dark' },
        ]}
      />
      <Text size="sm" c="var(--text-muted)">
        Times are shown in this browser’s zone, {Intl.DateTimeFormat().resolvedOptions().timeZone}; point at one for its exact value. Schedules say their own zone.
      </Text>
    </Stack>
  );
}
