import { Button, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconArrowRight, IconPlayerPlay } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { Copy, failed } from '../../parts/actions';
import { dialectName, dialects } from '../../parts/dialect';
import { AppLink, ButtonLink } from '../../parts/links';
import { startDemo } from './demo';

/** What a newcomer does next; gone once there is a job. */
export function FirstRun() {
  const line = `curl -H "Authorization: Bearer $YARD_TOKEN" ${location.origin}/api/yard/v1/jobs`;
  return (
    <section aria-label="First steps" className="card" style={{ padding: 20 }}>
      <Title order={2}>What to do next</Title>
      <Text size="sm" c="var(--text-muted)" mt={4} mb="md">
        There are no jobs yet. Take any of these; this panel goes away by itself.
      </Text>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg" verticalSpacing="lg">
        <Step title="See one run" action={<StartDemo />}>
          A report of four tasks is made and run twice. The second run fails: find out why, correct the parameter, run again only what failed, and compare the two.
        </Step>
        <Step
          title="Make a job"
          action={
            <Group gap={6}>
              {dialects.map((dialect) => (
                <ButtonLink key={dialect} to="/jobs/new/$dialect" params={{ dialect }} size="compact-sm" variant="default">
                  {dialectName(dialect)}
                </ButtonLink>
              ))}
            </Group>
          }
        >
          With a form and a graph editor, in the words of the platform you come from.
        </Step>
        <Step
          title="Bring a job file"
          action={
            <ButtonLink to="/jobs/new" variant="default" size="compact-sm" rightSection={<IconArrowRight size={14} aria-hidden />}>
              Import a file
            </ButtonLink>
          }
        >
          Job files you have run as they are: here, through their API, or with <code>yard run FILE</code>.
        </Step>
        <Step
          title="Connect a client"
          action={
            <Stack gap={6}>
              <AppLink to="/settings/$tab" params={{ tab: 'tokens' }} size="sm">
                Make a token, then:
              </AppLink>
              <Group gap={4} wrap="nowrap" className="card" px={8} py={4}>
                <code className="mono breaks" style={{ flex: 1 }}>
                  {line}
                </code>
                <Copy value={line} label="Copy the command" />
              </Group>
            </Stack>
          }
        >
          Every API here takes the same token.
        </Step>
      </SimpleGrid>
    </section>
  );
}

function Step({ title, action, children }: { title: string; action: ReactNode; children: ReactNode }) {
  return (
    <Stack gap={8} miw={0}>
      <Title order={3}>{title}</Title>
      <Text size="sm" component="p" m={0}>
        {children}
      </Text>
      <div>{action}</div>
    </Stack>
  );
}

/** Makes the demo job and starts it, then shows the run. */
function StartDemo() {
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const start = async (): Promise<void> => {
    setBusy(true);
    try {
      await navigate({ to: '/runs/$runId', params: { runId: String(await startDemo()) } });
    } catch (error) {
      failed(error, 'The demo could not be started');
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button leftSection={<IconPlayerPlay size={16} aria-hidden />} loading={busy} onClick={() => void start()}>
      Start the demo
    </Button>
  );
}
