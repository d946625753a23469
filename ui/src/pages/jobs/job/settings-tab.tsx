import { Group, SegmentedControl, Stack } from '@mantine/core';
import { IconEdit } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { stringify } from 'yaml';
import type { Job } from '../../../api/types';
import { Copy } from '../../../parts/actions';
import { Code } from '../../../parts/code';
import { ButtonLink } from '../../../parts/links';

/** The settings of a job, to read. */
export default function SettingsTab({ job }: { job: Job }) {
  const [format, setFormat] = useState<'json' | 'yaml'>('json');
  const text = useMemo(() => (format === 'json' ? JSON.stringify(job.settings, null, 2) : stringify(job.settings, { lineWidth: 100 })), [job.settings, format]);
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Group gap="xs">
          <SegmentedControl
            size="xs"
            aria-label="Format"
            value={format}
            onChange={(value) => setFormat(value === 'yaml' ? 'yaml' : 'json')}
            data={[
              { value: 'json', label: 'JSON' },
              { value: 'yaml', label: 'YAML' },
            ]}
          />
          <Copy value={text} label="Copy the settings" />
        </Group>
        <ButtonLink to="/jobs/$jobId/edit" params={{ jobId: String(job.id) }} variant="default" size="xs" leftSection={<IconEdit size={14} aria-hidden />}>
          Edit
        </ButtonLink>
      </Group>
      <Code value={text} language={format} label="Settings" />
    </Stack>
  );
}
