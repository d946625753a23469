import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import { IconAlertCircle, IconCheck } from '@tabler/icons-react';
import { bytesText } from '../../parts/bytes';
import type { Upload } from './uploads';

/** Rows shown of what is still to be sent; with a thousand files dropped nobody reads them all. */
const most = 8;

/** How far each upload is. */
export function UploadList({ uploads, clear }: { uploads: readonly Upload[]; clear: () => void }) {
  if (uploads.length === 0) return null;
  const rest = uploads.filter((one) => one.state === 'waiting' || one.state === 'sending').length;
  const failed = uploads.filter((one) => one.state === 'failed');
  const shown = [...failed, ...uploads.filter((one) => one.state === 'sending'), ...uploads.filter((one) => one.state === 'done').slice(-3)].slice(0, most);
  return (
    <Stack className="card" p="sm" gap={6} mb="sm" role="status" aria-label="Uploads">
      <Group justify="space-between">
        <Text size="sm" fw={600}>
          {rest > 0 ? `Uploading: ${uploads.length - rest} of ${uploads.length} done` : `${uploads.length - failed.length} uploaded${failed.length > 0 ? `, ${failed.length} not` : ''}`}
        </Text>
        {rest === 0 && (
          <Button size="compact-xs" variant="subtle" onClick={clear}>
            Close
          </Button>
        )}
      </Group>
      {shown.map((one, index) => (
        <div key={`${one.name} ${index}`}>
          <Group justify="space-between" gap="xs" wrap="nowrap">
            <Text size="xs" truncate>
              {one.name}
            </Text>
            <Text size="xs" c={one.state === 'failed' ? 'var(--state-red)' : 'var(--text-muted)'} component="div" className="breaks">
              {one.state === 'failed' ? (
                <>
                  <IconAlertCircle size={12} aria-hidden /> {one.problem}
                </>
              ) : one.state === 'done' ? (
                <>
                  <IconCheck size={12} aria-hidden /> {bytesText(one.bytes)}
                </>
              ) : (
                `${bytesText(one.sent)} of ${bytesText(one.bytes)}`
              )}
            </Text>
          </Group>
          {one.state === 'sending' && <Progress size="sm" value={one.bytes > 0 ? (one.sent / one.bytes) * 100 : 100} aria-label={`${one.name}: ${bytesText(one.sent)} of ${bytesText(one.bytes)}`} />}
        </div>
      ))}
    </Stack>
  );
}
