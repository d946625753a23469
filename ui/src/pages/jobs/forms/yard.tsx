import { Alert, MultiSelect, SegmentedControl, SimpleGrid, Stack, Switch } from '@mantine/core';
import { CronField } from '../../../parts/cron-field';
import { ownZone } from '../../../parts/cron-text';
import { executors } from '../../../parts/executors';
import { useField, useForm } from '../../../parts/form/context';
import { ChoiceField, LinesField, NameField, NumberField, SwitchField, TagsField, TextField, TimeField } from '../../../parts/form/fields';
import { ItemsField, PairsField, Section, WordsField } from '../../../parts/form/lists';
import { asMap, asText, asTexts, type Path, type Settings } from '../../../parts/form/paths';
import { TasksEditor, type TaskShape } from './tasks';

/** What a new job begins with. */
export const freshYard: Settings = { name: '', tasks: [{ key: 'main', command: ['/bin/echo', 'hello'] }] };

const kinds = [
  { value: 'command', label: 'Command' },
  { value: 'condition', label: 'Condition' },
  { value: 'for_each', label: 'For each' },
  { value: 'run_job', label: 'Run a job' },
] as const;
type Kind = (typeof kinds)[number]['value'];

const programMembers = ['command', 'env', 'working_directory', 'image', 'container'];

/** A task without what it runs, and what it runs. */
const parted = (task: Settings): [Settings, Settings] => {
  const entries = Object.entries(task);
  return [Object.fromEntries(entries.filter(([name]) => !programMembers.includes(name))), Object.fromEntries(entries.filter(([name]) => programMembers.includes(name)))];
};

const kindOf = (task: Settings): Kind => kinds.find(({ value }) => task[value] !== undefined)?.value ?? 'command';

const shape: TaskShape = {
  key: 'key',
  named: (dependency) => (typeof dependency === 'string' ? dependency : asText(asMap(dependency).task)),
  outcome: (dependency) => (typeof asMap(dependency).outcome === 'boolean' ? String(asMap(dependency).outcome) : undefined),
  depends: (key, outcome) => (outcome === undefined ? key : { task: key, outcome: outcome === 'true' }),
  note: (task) => (kindOf(task) === 'command' ? asTexts(task.command).slice(0, 3).join(' ') || 'no command' : kinds.find(({ value }) => value === kindOf(task))!.label),
  isCondition: (task) => task.condition !== undefined,
  fresh: (key) => ({ key, command: ['/bin/echo', 'hello'] }),
};

const runIf = ['all_success', 'at_least_one_success', 'none_failed', 'all_done', 'at_least_one_failed', 'all_failed'].map((value) => ({ value, label: value.replaceAll('_', ' ') }));

/** Switchyard's own job. */
export function YardForm() {
  return (
    <>
      <Section title="Job">
        <TextField path={['name']} label="Name" required />
        <PairsField path={['parameters']} label="Parameters" description="Commands read them as ${{ parameters.NAME }}; a run may be given others." names="Name" values="Value if none is given" add="Add a parameter" />
      </Section>
      <Section title="Tasks">
        <TasksEditor shape={shape}>{(path, rename, taken) => <YardTask path={path} rename={rename} taken={taken} />}</TasksEditor>
      </Section>
      <Section title="When it runs">
        <ScheduleFields />
      </Section>
      <Section title="Runs">
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <NumberField path={['max_concurrent']} label="Runs at the same time" description="At most so many; 0 is no limit." placeholder="0" />
          <SwitchField path={['queue']} label="Runs over that wait in line" description="Otherwise they are skipped." otherwise />
          <ChoiceField
            path={['on_failure']}
            label="When a task fails"
            usual="continue_independent"
            data={[
              { value: 'continue_independent', label: 'what does not depend on it goes on' },
              { value: 'fail_fast', label: 'all others are ended' },
            ]}
          />
          <TimeField path={['timeout_ms']} unit="ms" label="Time limit of a run" description="0 or nothing is none." placeholder="0" />
          <TextField path={['pool']} label="Pool" description="Whose share of the machine it takes." placeholder="default" />
        </SimpleGrid>
      </Section>
      <Section title="Who is told">
        <NotifyFields />
      </Section>
    </>
  );
}

function YardTask({ path, rename, taken }: { path: Path; rename: (name: string) => void; taken: string[] }) {
  const { value, set } = useField(path);
  const task = asMap(value);
  const kind = kindOf(task);
  const change = (next: Kind): void => {
    const { condition: _, run_job: __, for_each, ...own } = task;
    // What runs, and in what, goes along: the same members stand in a task and in its for-each.
    const [rest, kept] = parted(own);
    const program = { ...parted(asMap(for_each))[1], ...kept };
    const runs = (words: string[]): Settings => ({ ...program, command: asTexts(program.command).length > 0 ? program.command : words });
    const fresh: Record<Kind, Settings> = {
      command: runs(['/bin/echo', 'hello']),
      condition: { condition: { op: 'equal_to', left: '', right: '' } },
      for_each: { for_each: { inputs: ['a', 'b'], concurrency: 1, ...runs(['/bin/echo', '${{ input }}']) } },
      run_job: { run_job: {} },
    };
    set({ ...rest, ...fresh[next] });
  };
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <NameField path={[...path, 'key']} label="Key" description="Letters, digits, - and _" required rename={rename} taken={taken} />
        <Stack gap={4} justify="flex-end">
          <SegmentedControl data={[...kinds]} value={kind} onChange={(next) => change(next as Kind)} aria-label="What the task does" fullWidth />
        </Stack>
      </SimpleGrid>
      {kind === 'command' && <CommandFields path={path} />}
      {kind === 'condition' && (
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          <TextField path={[...path, 'condition', 'left']} label="Left" mono placeholder="${{ parameters.day }}" />
          <ChoiceField path={[...path, 'condition', 'op']} label="Is" data={['equal_to', 'not_equal', 'greater_than', 'greater_than_or_equal', 'less_than', 'less_than_or_equal'].map((op) => ({ value: op, label: op.replaceAll('_', ' ') }))} />
          <TextField path={[...path, 'condition', 'right']} label="Right" mono />
        </SimpleGrid>
      )}
      {kind === 'for_each' && (
        <>
          <InputsField path={[...path, 'for_each', 'inputs']} />
          <NumberField path={[...path, 'for_each', 'concurrency']} label="At the same time" placeholder="1" />
          <CommandFields path={[...path, 'for_each']} hint="The element is ${{ input }}." />
        </>
      )}
      {kind === 'run_job' && (
        <>
          <NumberField path={[...path, 'run_job', 'job_id']} label="Id of the job" required />
          <PairsField path={[...path, 'run_job', 'parameters']} label="Its parameters" add="Add a parameter" />
        </>
      )}
      <SimpleGrid cols={{ base: 1, sm: 2, md: 4 }}>
        <ChoiceField path={[...path, 'run_if']} label="Run if" usual="all_success" data={runIf} />
        <NumberField path={[...path, 'retries', 'max']} label="Retries" placeholder="0" />
        <TimeField path={[...path, 'retries', 'min_interval_ms']} unit="ms" label="Between tries" placeholder="0" />
        <TimeField path={[...path, 'timeout_ms']} unit="ms" label="Time limit" placeholder="none" />
        <NumberField path={[...path, 'instances']} label="Side by side" description="So many processes of it." placeholder="1" />
        <NumberField path={[...path, 'slots']} label="Slots" description="Room each takes." placeholder="1" />
      </SimpleGrid>
      {(kind === 'command' || kind === 'for_each') && (
        <SimpleGrid cols={{ base: 1, sm: 2, md: 4 }}>
          <NumberField path={[...path, 'cpu_millis']} label="Processors" description="Of each." scale={1000} placeholder="not counted" />
          <NumberField path={[...path, 'memory_mb']} label="Memory" suffix=" MB" placeholder="not counted" />
          <NumberField path={[...path, 'gpus']} label="GPUs" placeholder="0" />
          <ChoiceField path={[...path, 'executor']} label="Where it runs" usual="" data={[{ value: '', label: 'as its pool says' }, ...executors]} />
        </SimpleGrid>
      )}
      <SwitchField path={[...path, 'retries', 'on_timeout']} label="Try again after a time-out" />
      <SwitchField path={[...path, 'disabled']} label="Disabled: it is skipped" />
    </Stack>
  );
}

function CommandFields({ path, hint }: { path: Path; hint?: string }) {
  const image = useField([...path, 'image']);
  const container = useField([...path, 'container']);
  const isContained = asText(image.value) !== '' || container.value !== undefined;
  return (
    <>
      <WordsField path={[...path, 'command']} label="Command" description={`A program and its words; no shell is involved.${hint ? ` ${hint}` : ''}`} required />
      <PairsField path={[...path, 'env']} label="Environment variables" add="Add a variable" />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextField path={[...path, 'working_directory']} label="Working directory" description="An absolute path; else one of the attempt's own." mono />
        <TextField path={[...path, 'image']} label="Container image" description="The command runs in a container of it." placeholder="none" mono />
      </SimpleGrid>
      {isContained && (
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          <ChoiceField path={[...path, 'container', 'pull']} label="Pull" usual="if_not_present" data={[{ value: 'if_not_present', label: 'if it is not there' }, { value: 'always', label: 'before each start' }, { value: 'never', label: 'never' }]} />
          <ChoiceField path={[...path, 'container', 'network']} label="Network" usual="host" data={[{ value: 'host', label: 'the node’s' }, { value: 'own', label: 'one of its own' }, { value: 'none', label: 'none' }]} />
          <TextField path={[...path, 'container', 'user']} label="User" placeholder="the image’s" mono />
        </SimpleGrid>
      )}
    </>
  );
}

/** A list of elements, or a reference that becomes one. */
function InputsField({ path }: { path: Path }) {
  const { value } = useField(path);
  return Array.isArray(value) && value.every((each) => typeof each === 'string') ? (
    <WordsField path={path} label="For each of" word="element" />
  ) : typeof value === 'string' || value === undefined ? (
    <LinesField path={path} label="For each of" description="A reference that becomes a list." rows={1} />
  ) : (
    <Alert color="blue" variant="outline">
      The elements are no plain texts: change them on the JSON / YAML side.
    </Alert>
  );
}

function ScheduleFields() {
  const { settings, fixed } = useForm();
  const schedule = useField(['schedule']);
  const cron = useField(['schedule', 'cron']);
  const zone = useField(['schedule', 'zone']);
  const paused = useField(['paused']);
  const isOn = settings.schedule !== undefined && settings.schedule !== null;
  return (
    <>
      <Switch
        label="By a schedule"
        checked={isOn}
        disabled={fixed ?? false}
        onChange={(event) => {
          schedule.set(event.currentTarget.checked ? { cron: '0 0 2 * * ?', zone: ownZone() } : undefined);
          if (!event.currentTarget.checked) paused.set(undefined);
        }}
      />
      {isOn && (
        <>
          <CronField value={asText(cron.value)} onChange={cron.set} zone={asText(zone.value)} onZone={zone.set} dialect="yard" error={cron.error} zoneError={zone.error} disabled={fixed} />
          <SwitchField path={['paused']} label="Paused: the schedule starts nothing" />
        </>
      )}
    </>
  );
}

const events = ['started', 'succeeded', 'failed', 'timed_out', 'cancelled', 'skipped'];

function NotifyFields() {
  const { settings } = useForm();
  const hidden = JSON.stringify(settings.notify ?? null).includes('"********"');
  return (
    <>
      {hidden && (
        <Alert color="orange" variant="outline" title="A secret is not shown">
          The server keeps the secret of a webhook sealed and shows ******** for it. Write the secret again before you save: those characters are refused.
        </Alert>
      )}
      <ItemsField path={['notify']} label="Notices" description="By webhook, or by mail where the server has a mail server." add="Add a notice" fresh={{ on: ['failed', 'timed_out'], mail: [] }} title={(_, index) => `Notice ${index + 1}`}>
        {(path) => <NoticeFields path={path} />}
      </ItemsField>
    </>
  );
}

function NoticeFields({ path }: { path: Path }) {
  const on = useField([...path, 'on']);
  const { value, set, fixed } = useField(path);
  const isHook = asMap(value).webhook !== undefined;
  return (
    <Stack gap="xs">
      <MultiSelect label="When a run has" data={events.map((event) => ({ value: event, label: event.replaceAll('_', ' ') }))} value={asTexts(on.value)} onChange={on.set} error={on.error} disabled={fixed} />
      <SegmentedControl
        aria-label="How"
        w={220}
        data={[
          { value: 'mail', label: 'Mail' },
          { value: 'webhook', label: 'Webhook' },
        ]}
        value={isHook ? 'webhook' : 'mail'}
        onChange={(next) => {
          const { mail: _, webhook: __, ...rest } = asMap(value);
          set(next === 'webhook' ? { ...rest, webhook: { url: 'https://' } } : { ...rest, mail: [] });
        }}
      />
      {isHook ? (
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextField path={[...path, 'webhook', 'url']} label="Address" mono />
          <TextField path={[...path, 'webhook', 'secret']} label="Secret" description="Signs what is sent; kept sealed, never shown." />
          <SwitchField path={[...path, 'webhook', 'verify_ssl']} label="The certificate must be good" otherwise />
        </SimpleGrid>
      ) : (
        <TagsField path={[...path, 'mail']} label="Addresses" placeholder="ops@example.org" />
      )}
    </Stack>
  );
}
