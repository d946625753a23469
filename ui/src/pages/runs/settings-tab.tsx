import { Group, SegmentedControl, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { Run } from '../../api/types';
import { Code } from '../../parts/code';
import { ErrorBox, Loading } from '../../parts/page';
import { runSettingsQuery } from './use-run';

/** The settings a run was made with; the job's may have changed since. */
export function SettingsTab({ run }: { run: Run }) {
  const query = useQuery(runSettingsQuery(run.id, run.revision));
  const [which, setWhich] = useState('settings');
  const text = useMemo(() => {
    if (!query.data) return '';
    const { settings, plan, parameters } = query.data;
    return JSON.stringify(which === 'plan' ? plan : which === 'parameters' ? { given: run.parameters ?? {}, in_force: parameters } : settings, null, 2);
  }, [query.data, run.parameters, which]);
  if (query.error) return <ErrorBox error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading />;
  return (
    <>
      <Group mb="xs">
        <SegmentedControl
          size="xs"
          value={which}
          onChange={setWhich}
          aria-label="What to show"
          data={[
            { value: 'settings', label: 'Settings' },
            { value: 'parameters', label: 'Parameters' },
            { value: 'plan', label: 'Plan' },
          ]}
        />
        <Text size="sm" c="var(--text-muted)">
          As this run had them; the job may have others by now.
        </Text>
      </Group>
      <Code key={which} value={text} language="json" label="Settings of the run" height="calc(100dvh - 360px)" />
    </>
  );
}
