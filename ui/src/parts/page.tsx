import { Alert, Box, Button, Center, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconAlertCircle, IconRefresh } from '@tabler/icons-react';
import { useEffect, type ReactNode } from 'react';
import { ApiError } from '../api/client';

/** A page: its title (also the tab's), what can be done on it, what it shows. */
export function Page({ title, tab, eyebrow, actions, children, wide }: { title: ReactNode; tab: string; eyebrow?: ReactNode; actions?: ReactNode; children: ReactNode; wide?: boolean }) {
  useEffect(() => {
    document.title = `${tab} · Switchyard`;
  }, [tab]);
  return (
    <Box maw={wide ? undefined : 1320} mx="auto" w="100%">
      <Group justify="space-between" align="flex-start" mb="md" gap="sm">
        <Stack gap={2} miw={0} style={{ flex: '1 1 280px' }}>
          {eyebrow && (
            <Text size="sm" c="var(--text-muted)" component="div" className="eyebrow">
              {eyebrow}
            </Text>
          )}
          <Title order={1} className="breaks">
            {title}
          </Title>
        </Stack>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Box>
  );
}

/** What went wrong, and what can be done about it. */
export function ErrorBox({ error, retry, title }: { error: unknown; retry?: (() => void) | undefined; title?: string }) {
  const message = error instanceof Error ? error.message : String(error);
  const heading = title ?? (error instanceof ApiError && error.status === 404 ? 'There is no such thing here' : error instanceof ApiError && error.status === 403 ? 'You may not do this' : 'This did not work');
  return (
    <Alert color="red" variant="outline" icon={<IconAlertCircle aria-hidden />} title={heading} role="alert">
      <Text size="sm" className="breaks" style={{ whiteSpace: 'pre-wrap' }}>
        {message}
      </Text>
      {error instanceof ApiError && error.status === 404 && (
        <Text size="sm" mt={4}>
          It may have been deleted, or belong to somebody who does not share it with you.
        </Text>
      )}
      {retry && (
        <Button mt="sm" size="xs" variant="default" leftSection={<IconRefresh size={14} aria-hidden />} onClick={retry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}

/** Nothing to show yet, and what to do about that. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Center py="xl">
      <Stack align="center" gap="xs" maw={520} ta="center">
        <Text fw={650}>{title}</Text>
        {children && (
          <Text size="sm" c="var(--text-muted)" component="div">
            {children}
          </Text>
        )}
        {action}
      </Stack>
    </Center>
  );
}

/** The room of rows that are being loaded, so that nothing moves when they come. */
export function Loading({ rows = 6, height = 36 }: { rows?: number; height?: number }) {
  return (
    <Stack gap={6} role="status" aria-busy="true" aria-label="Loading">
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} height={height} />
      ))}
    </Stack>
  );
}
