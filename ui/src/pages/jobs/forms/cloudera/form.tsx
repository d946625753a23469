import { Button, Checkbox, Group, Input, SegmentedControl, Select, SimpleGrid, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { call } from '../../../../api/client';
import type { Project } from '../../../../api/types';
import { CronField } from '../../../../parts/cron-field';
import { ownZone } from '../../../../parts/cron-text';
import { useField, useForm } from '../../../../parts/form/context';
import { ChoiceField, NumberField, SwitchField, TagsField, TextField, TimeField } from '../../../../parts/form/fields';
import { ItemsField, PairsField, Section } from '../../../../parts/form/lists';
import { asMap, asText, type Path, type Settings } from '../../../../parts/form/paths';
import { ProjectFileField, ProjectFilesField } from '../projects';
import { typeOf, type Type } from './wire';

/** What a new job begins with. */
export const freshCloudera: Settings = { name: '', script: '', kernel: 'python3', cpu: 1, memory: 2 };

const scripts = ['.py', '.ipynb', '.sh', '.r'];
const profiles = [
  { cpu: 1, memory: 2 },
  { cpu: 2, memory: 4 },
  { cpu: 4, memory: 8 },
  { cpu: 8, memory: 16 },
];

/** A job of a project: a script, when it runs, what it may take, who is told. */
export function ClouderaForm({ project, jobId, choice }: { project: Project | undefined; jobId?: string; choice: ReactNode }) {
  const owner = project?.owner ?? '';
  const slug = project?.slug ?? '';
  return (
    <>
      <Section title="Job">
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {choice}
          <TextField path={['name']} label="Name" required />
          <ProjectFileField path={['script']} label="Script" description="A file of the project: .py, .ipynb, .sh or .R" owner={owner} slug={slug} endings={scripts} required />
          <TextField path={['arguments']} label="Arguments" description="Parted by blanks; quotes keep them together" mono />
        </SimpleGrid>
        <Kernel />
      </Section>
      <Section title="When it runs">
        <ScheduleFields project={project} {...(jobId ? { jobId } : {})} />
      </Section>
      <Section title="Engine profile" hint="What a run takes of the machine; it waits until there is room.">
        <Profile />
      </Section>
      <Section title="Time limit and retries">
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TimeField path={['timeout']} unit="s" label="Time limit" description="0 is none" placeholder="none" />
          <SwitchField path={['kill_on_timeout']} label="End the run when it is over" description="Otherwise nothing happens then." />
        </SimpleGrid>
        <Retries />
      </Section>
      <Section title="Environment variables" hint="Over those of the project; a single run may be given others.">
        <PairsField path={['environment']} label="Variables" add="Add a variable" />
      </Section>
      <Section title="Reports" hint="The end of a run is mailed to whom it concerns, where the server has a mail server.">
        <Recipients />
        <ProjectFilesField path={['attachments']} label="Attachments" description="Files of the project that go with every report, as they are then" owner={owner} slug={slug} placeholder="report.csv" />
      </Section>
    </>
  );
}

function Kernel() {
  const runtimes = useQuery({
    queryKey: ['runtimes'],
    queryFn: () => call<{ runtimes: { image_identifier: string; kernel: string; description: string }[] }>('GET', '/api/v2/runtimes?page_size=100'),
    staleTime: 60_000,
    retry: false,
  });
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <ChoiceField
        path={['kernel']}
        label="Kernel"
        description="Where the script's ending does not say"
        clearable
        data={[
          { value: 'python3', label: 'Python 3' },
          { value: 'r', label: 'R' },
        ]}
      />
      <ChoiceField path={['runtime_identifier']} label="Runtime" description="Kept with the job; scripts are run by what the machine has" clearable data={(runtimes.data?.runtimes ?? []).map((each) => ({ value: each.image_identifier, label: `${each.kernel} (${each.image_identifier})` }))} />
    </SimpleGrid>
  );
}

function ScheduleFields({ project, jobId }: { project: Project | undefined; jobId?: string }) {
  const { settings, set, fixed } = useForm();
  const type = typeOf(settings);
  const cron = useField(['schedule']);
  const zone = useField(['timezone']);
  const parent = useField(['parent_id']);
  const jobs = useQuery({
    queryKey: ['jobs of a project', project?.id],
    queryFn: () => call<{ jobs: { id: string; name: string }[] }>('GET', `/api/v2/projects/${project!.id}/jobs?page_size=1000`),
    enabled: project !== undefined && type === 'dependent',
    staleTime: 15_000,
  });
  const choose = (next: Type): void => {
    set(['schedule'], next === 'recurring' ? '0 3 * * 1' : undefined);
    if (next === 'recurring') set(['timezone'], asText(settings.timezone) || ownZone());
    set(['parent_id'], next === 'dependent' ? '' : undefined);
    if (next === 'manual') set(['paused'], undefined);
  };
  const others = (jobs.data?.jobs ?? []).filter((job) => job.id !== jobId);
  return (
    <Stack gap="sm">
      <SegmentedControl
        style={{ alignSelf: 'flex-start' }}
        aria-label="Schedule type"
        value={type}
        disabled={fixed ?? false}
        onChange={(next) => choose(next as Type)}
        data={[
          { value: 'manual', label: 'Manual' },
          { value: 'recurring', label: 'Recurring' },
          { value: 'dependent', label: 'Dependent' },
        ]}
      />
      {type === 'recurring' && <CronField value={asText(cron.value)} onChange={cron.set} zone={asText(zone.value) || 'America/Los_Angeles'} onZone={zone.set} dialect="cloudera" error={cron.error} zoneError={zone.error} disabled={fixed} />}
      {type === 'dependent' && (
        <Select
          label="After each successful run of"
          description="A job of the same project"
          required
          maw={480}
          data={others.map((job) => ({ value: job.id, label: job.name }))}
          value={asText(parent.value) || null}
          placeholder={jobs.isLoading ? 'Loading…' : others.length > 0 ? 'Choose a job' : 'The project has no other job'}
          onChange={(next) => parent.set(next ?? '')}
          searchable
          limit={200}
          allowDeselect={false}
          error={parent.error}
          disabled={fixed ?? false}
        />
      )}
      {type !== 'manual' && <SwitchField path={['paused']} label={type === 'recurring' ? 'Paused: the schedule starts nothing' : 'Paused: the other job starts nothing'} />}
    </Stack>
  );
}

function Profile() {
  const { settings, set, fixed } = useForm();
  return (
    <Stack gap="sm">
      <Group gap={6} role="group" aria-label="Usual profiles">
        {profiles.map(({ cpu, memory }) => {
          const isIt = settings.cpu === cpu && settings.memory === memory;
          return (
            <Button
              key={cpu}
              size="compact-xs"
              variant={isIt ? 'filled' : 'default'}
              aria-pressed={isIt}
              disabled={fixed ?? false}
              onClick={() => {
                set(['cpu'], cpu);
                set(['memory'], memory);
              }}
            >
              {cpu} vCPU / {memory} GiB
            </Button>
          );
        })}
      </Group>
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <NumberField path={['cpu']} label="vCPU" allowDecimal />
        <NumberField path={['memory']} label="Memory" suffix=" GiB" allowDecimal />
        <NumberField path={['nvidia_gpu']} label="GPUs" placeholder="0" />
      </SimpleGrid>
    </Stack>
  );
}

function Retries() {
  const { settings } = useForm();
  return (
    <>
      <SwitchField path={['retry_enabled']} label="Try again when the script failed" description="In the same run, each try with a log of its own." />
      {settings.retry_enabled === true && (
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <NumberField path={['max_retry']} label="Tries at the most" placeholder="1" />
          <TimeField path={['retry_delay']} unit="s" label="Between the starts of two tries" placeholder="0" />
        </SimpleGrid>
      )}
    </>
  );
}

const kinds = [
  { name: 'notify_on_success', label: 'Success' },
  { name: 'notify_on_failure', label: 'Failure' },
  { name: 'notify_on_timeout', label: 'Time-out' },
  { name: 'notify_on_stop', label: 'Stopped' },
] as const;

function Recipients() {
  const { settings } = useForm();
  // Lists by kind are how the first version has them; they are shown where a job has any.
  const lists = ['success_recipients', 'failure_recipients', 'timeout_recipients', 'stopped_recipients'].filter((name) => settings[name] !== undefined);
  return (
    <>
      <ItemsField path={['recipients']} label="Recipients" add="Add a recipient" fresh={{ email: '', notify_on_success: false, notify_on_failure: true, notify_on_timeout: true, notify_on_stop: false }} title={(item, index) => asText(asMap(item).email) || `Recipient ${index + 1}`}>
        {(path) => <RecipientFields path={path} />}
      </ItemsField>
      {lists.map((name) => (
        <CommaField key={name} path={[name]} label={name.replace('_', ' ')} />
      ))}
    </>
  );
}

function RecipientFields({ path }: { path: Path }) {
  const { value, set, fixed } = useField(path);
  return (
    <Group align="flex-end" gap="md">
      <div style={{ flex: '1 1 220px' }}>
        <TextField path={[...path, 'email']} label="Address" required placeholder="ops@example.org" />
      </div>
      <Input.Wrapper label="Told of" labelElement="div">
        <Group gap="sm" mt={6} mb={6}>
          {kinds.map((kind) => (
            <Checkbox key={kind.name} label={kind.label} checked={asMap(value)[kind.name] === true} disabled={fixed} onChange={(event) => set({ ...asMap(value), [kind.name]: event.currentTarget.checked })} />
          ))}
        </Group>
      </Input.Wrapper>
    </Group>
  );
}

/** Addresses that are one text with commas. */
function CommaField({ path, label }: { path: Path; label: string }) {
  const { value } = useField(path);
  return Array.isArray(value) ? <TagsField path={path} label={label} /> : <TextField path={path} label={label} description="Addresses, parted by commas" />;
}
