import { Button, FileButton, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconFileUpload, IconFlask, IconHierarchy2, IconRoute, IconServerBolt, IconTerminal2, type Icon } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState, type DragEvent } from 'react';
import type { Dialect } from '../../api/types';
import { AppLink } from '../../parts/links';
import { ErrorBox, Page } from '../../parts/page';
import { dialectName } from '../../parts/dialect';
import { forgetHanded, hand, recognise } from './forms/imported';

const kinds: readonly { dialect: Dialect; title: string; text: string; icon: Icon }[] = [
  { dialect: 'yard', title: 'Commands', text: 'Programs of this machine, one after the other or side by side, with parameters, conditions, loops and retries. The plainest kind.', icon: IconTerminal2 },
  { dialect: 'databricks', title: 'Multi-task job', text: 'Notebooks, Python scripts and wheels, JARs, SQL and dbt of the workspace, with clusters, triggers and notifications as Databricks has them.', icon: IconHierarchy2 },
  { dialect: 'cloudera', title: 'Script of a project', text: "A script or notebook in the live directory of a project: by hand, by a schedule, or after another job; its runs are mailed to recipients.", icon: IconFlask },
  { dialect: 'orchest', title: 'Pipeline with parameters', text: 'A pipeline of a project, frozen as it is now, run once for every combination of parameter values you choose.', icon: IconRoute },
  { dialect: 'openpai', title: 'Task roles', text: 'Many tasks that start together and know each other: parameter servers and workers, in containers where the machine has a runtime.', icon: IconServerBolt },
];

/** Choosing what kind of job to make, or bringing a job file along. */
export function NewJob() {
  const navigate = useNavigate();
  const [problem, setProblem] = useState<string>();
  const [isOver, setIsOver] = useState(false);
  const take = (file: File | null | undefined): void => {
    if (!file) return;
    setProblem(undefined);
    if (file.size > 10 * 1024 * 1024) {
      setProblem(`${file.name} has over 10 MB; no API takes a job of that size.`);
      return;
    }
    void file.text().then((text) => {
      const found = recognise(text);
      if (typeof found === 'string') {
        setProblem(`${file.name}: ${found}`);
        return;
      }
      hand(found);
      void navigate({ to: '/jobs/new/$dialect', params: { dialect: found.dialect } });
    });
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setIsOver(false);
    take(event.dataTransfer.files[0]);
  };
  return (
    <Page title="New job" tab="New job" eyebrow={<AppLink to="/jobs">Jobs</AppLink>}>
      <Stack gap="md">
        <Text c="var(--text-muted)">What should run? All kinds share one machine, one list of runs, one log view.</Text>
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
          {kinds.map((kind) => (
            <AppLink key={kind.dialect} to="/jobs/new/$dialect" params={{ dialect: kind.dialect }} underline="never" c="inherit" className="card" p="md" display="block" onClick={forgetHanded}>
              <Group wrap="nowrap" align="flex-start" gap="sm">
                <kind.icon size={34} stroke={1.4} aria-hidden color="var(--mantine-primary-color-filled)" style={{ flex: 'none' }} />
                <div>
                  <Title order={2}>{kind.title}</Title>
                  <Text size="sm" c="var(--text-muted)" mb={4}>
                    {dialectName(kind.dialect)} job
                  </Text>
                  <Text size="sm">{kind.text}</Text>
                </div>
              </Group>
            </AppLink>
          ))}
          <div
            className="card"
            style={{ padding: 16, borderStyle: 'dashed', ...(isOver ? { outline: '2px solid var(--mantine-primary-color-filled)' } : {}) }}
            onDragOver={(event) => {
              event.preventDefault();
              setIsOver(true);
            }}
            onDragLeave={() => setIsOver(false)}
            onDrop={drop}
          >
            <Group wrap="nowrap" align="flex-start" gap="sm">
              <IconFileUpload size={34} stroke={1.4} aria-hidden color="var(--mantine-primary-color-filled)" style={{ flex: 'none' }} />
              <div>
                <Title order={2}>A job file</Title>
                <Text size="sm" mb="xs">
                  Drop a JSON or YAML file of a job here: one of Databricks (2.0 or 2.1), OpenPAI, Cloudera or Switchyard opens in its form. Nothing is made before you save.
                </Text>
                <FileButton onChange={take} accept=".json,.yaml,.yml,application/json">
                  {(props) => (
                    <Button {...props} size="xs" variant="default">
                      Choose a file
                    </Button>
                  )}
                </FileButton>
              </div>
            </Group>
          </div>
        </SimpleGrid>
        {problem !== undefined && <ErrorBox error={problem} title="This file cannot be used" />}
      </Stack>
    </Page>
  );
}
