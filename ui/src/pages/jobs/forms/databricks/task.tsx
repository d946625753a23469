import { Accordion, Select, SimpleGrid, Stack } from '@mantine/core';
import { useField, useForm } from '../../../../parts/form/context';
import { ChoiceField, NameField, NumberField, SwitchField, TextField, TimeField } from '../../../../parts/form/fields';
import { asList, asMap, asText, type Path } from '../../../../parts/form/paths';
import { LibrariesField, NewClusterFields } from './clusters';
import { kindOf, kinds, withKind, type Kind } from './kinds';
import { NoticeFields } from './notices';
import { TaskBody } from './task-body';

const runIf = [
  { value: 'ALL_SUCCESS', label: 'all succeeded' },
  { value: 'AT_LEAST_ONE_SUCCESS', label: 'at least one succeeded' },
  { value: 'NONE_FAILED', label: 'none failed' },
  { value: 'ALL_DONE', label: 'all are done' },
  { value: 'AT_LEAST_ONE_FAILED', label: 'at least one failed' },
  { value: 'ALL_FAILED', label: 'all failed' },
];

/** One task's fields; also of the task inside a for-each, which has no dependencies of its own. */
export function DatabricksTask({ path, rename, taken = [], nested = false }: { path: Path; rename?: (name: string) => void; taken?: readonly string[]; nested?: boolean }) {
  const { value, set, fixed } = useField(path);
  const task = asMap(value);
  const kind = kindOf(task);
  const hasCluster = !['condition_task', 'for_each_task', 'run_job_task'].includes(kind);
  const offered = nested ? kinds.filter((each) => each.value !== 'for_each_task') : kinds;
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {rename ? <NameField path={[...path, 'task_key']} label="Key" description="Letters, digits, - and _" required rename={rename} taken={taken} /> : <TextField path={[...path, 'task_key']} label="Key of each" mono required />}
        <Select
          label="Type"
          description="What the task does"
          data={[...offered.map((each) => ({ value: each.value as string, label: each.label as string })), ...(kind && !kinds.some((each) => each.value === kind) ? [{ value: kind, label: kind }] : [])]}
          value={kind || null}
          onChange={(next) => next && next !== kind && kinds.some((each) => each.value === next) && set(withKind(task, next as Kind))}
          allowDeselect={false}
          disabled={fixed}
        />
      </SimpleGrid>
      <TaskBody path={path} kind={kind} />
      {hasCluster && <ClusterChoice path={path} />}
      {!nested && (
        <SimpleGrid cols={{ base: 1, sm: 2, md: 4 }}>
          <ChoiceField path={[...path, 'run_if']} label="Run if" description="Of what it depends on" usual="ALL_SUCCESS" data={runIf} />
        </SimpleGrid>
      )}
      <SimpleGrid cols={{ base: 1, sm: 2, md: 3 }}>
        <NumberField path={[...path, 'max_retries']} label="Retries" description="-1: without end" min={-1} placeholder="0" />
        <TimeField path={[...path, 'min_retry_interval_millis']} unit="ms" label="Between tries" description="At least so long" placeholder="0" />
        <TimeField path={[...path, 'timeout_seconds']} unit="s" label="Time limit" description="0 is none" placeholder="none" />
      </SimpleGrid>
      <SwitchField path={[...path, 'retry_on_timeout']} label="Try again after a time-out" />
      <Accordion variant="contained" multiple chevronPosition="left">
        {hasCluster && (
          <Accordion.Item value="libraries">
            <Accordion.Control>Libraries{count(task.libraries)}</Accordion.Control>
            <Accordion.Panel>
              <LibrariesField path={[...path, 'libraries']} />
            </Accordion.Panel>
          </Accordion.Item>
        )}
        <Accordion.Item value="notices">
          <Accordion.Control>Notifications of this task</Accordion.Control>
          <Accordion.Panel>
            <NoticeFields path={path} ofTask />
          </Accordion.Panel>
        </Accordion.Item>
        <Accordion.Item value="more">
          <Accordion.Control>Description, disabled</Accordion.Control>
          <Accordion.Panel>
            <Stack gap="sm">
              <TextField path={[...path, 'description']} label="Description" />
              <SwitchField path={[...path, 'disabled']} label="Disabled: it is skipped" />
            </Stack>
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </Stack>
  );
}

const count = (value: unknown): string => (asList(value).length > 0 ? ` (${asList(value).length})` : '');

/** Where a task runs: the pool's default, a cluster of the job, one that exists, one of its own, or an environment. */
function ClusterChoice({ path }: { path: Path }) {
  const { settings } = useForm();
  const { value, set, fixed } = useField(path);
  const task = asMap(value);
  const clusters = asList(settings.job_clusters).map((cluster) => asText(asMap(cluster).job_cluster_key)).filter(Boolean);
  const environments = asList(settings.environments).map((each) => asText(asMap(each).environment_key)).filter(Boolean);
  const now =
    task.job_cluster_key !== undefined ? `job:${asText(task.job_cluster_key)}` : task.existing_cluster_id !== undefined ? 'existing' : task.new_cluster !== undefined ? 'new' : task.environment_key !== undefined ? `env:${asText(task.environment_key)}` : '';
  const data = [
    { value: '', label: 'the default pool' },
    ...clusters.map((key) => ({ value: `job:${key}`, label: `cluster of the job: ${key}` })),
    ...environments.map((key) => ({ value: `env:${key}`, label: `environment of the job: ${key}` })),
    { value: 'existing', label: 'a cluster that exists' },
    { value: 'new', label: 'a cluster of its own' },
  ];
  const choose = (next: string): void => {
    const { job_cluster_key: _, existing_cluster_id: __, new_cluster: ___, environment_key: ____, ...rest } = task;
    set({
      ...rest,
      ...(next.startsWith('job:') ? { job_cluster_key: next.slice(4) } : next.startsWith('env:') ? { environment_key: next.slice(4) } : next === 'existing' ? { existing_cluster_id: '' } : next === 'new' ? { new_cluster: { spark_version: '15.4.x-scala2.12', num_workers: 1 } } : {}),
    });
  };
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Select label="Cluster" description="Under what name it runs; clusters are no machines here" data={data.some((each) => each.value === now) ? data : [...data, { value: now, label: now.slice(4) }]} value={now} onChange={(next) => next !== null && choose(next)} allowDeselect={false} disabled={fixed} />
        {now === 'existing' && <TextField path={[...path, 'existing_cluster_id']} label="Id of the cluster" required mono />}
      </SimpleGrid>
      {now === 'new' && <NewClusterFields path={[...path, 'new_cluster']} />}
    </Stack>
  );
}
