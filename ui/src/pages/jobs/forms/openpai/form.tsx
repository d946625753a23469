import { Select, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { call } from '../../../../api/client';
import { useField, useForm } from '../../../../parts/form/context';
import { ChoiceField, LinesField, NumberField, TextField } from '../../../../parts/form/fields';
import { ItemsField, PairsField, Section } from '../../../../parts/form/lists';
import { asList, asMap, asText, type Path, type Settings } from '../../../../parts/form/paths';

/** What a new job begins with. */
export const freshOpenPai: Settings = {
  jobName: '',
  image: 'pai.run.example',
  virtualCluster: 'default',
  retryCount: 0,
  taskRoles: [{ name: 'main', taskNumber: 1, cpuNumber: 1, memoryMB: 256, gpuNumber: 0, command: 'echo "hello from $PAI_TASK_INDEX"' }],
};

/** A job of OpenPAI: roles of tasks that all start together. */
export function OpenPaiForm() {
  const clusters = useQuery({ queryKey: ['virtual-clusters'], queryFn: () => call<Record<string, { capacity: number; status: string }>>('GET', '/api/v1/virtual-clusters'), staleTime: 30_000, retry: false });
  const names = Object.entries(clusters.data ?? { default: { capacity: 100, status: 'RUNNING' } });
  return (
    <>
      <Section title="Job">
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextField path={['jobName']} label="Name" description="Letters, digits, - . _; no other job of yours may have it" required />
          <TextField path={['image']} label="Image" description="A container image, where the server has a container runtime; otherwise tasks run as processes" required mono />
          <ChoiceField path={['virtualCluster']} label="Virtual cluster" usual="default" data={names.map(([name, cluster]) => ({ value: name, label: `${name} (${Math.round(cluster.capacity)} %${cluster.status === 'STOPPED' ? ', stopped' : ''})` }))} />
          <RetryField />
        </SimpleGrid>
      </Section>
      <Section title="Task roles" hint="All tasks of all roles start together or not at all, and know each other's addresses.">
        <ItemsField
          path={['taskRoles']}
          label="Roles"
          add="Add a role"
          fresh={{ name: 'worker', taskNumber: 1, cpuNumber: 1, memoryMB: 256, gpuNumber: 0, command: 'echo "hello from $PAI_TASK_INDEX"' }}
          title={(item, index) => asText(asMap(item).name) || `Role ${index + 1}`}
        >
          {(path) => <RoleFields path={path} />}
        </ItemsField>
        <Total />
      </Section>
      <Section title="Code and data" hint="Addresses in the store: $PAI_DEFAULT_FS_URI stands for its root, $PAI_USER_NAME and $PAI_JOB_NAME for what they say.">
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextField path={['codeDir']} label="Code directory" description="Copied into each task's directory before its command" placeholder="$PAI_DEFAULT_FS_URI/alice/code" mono />
          <TextField path={['dataDir']} label="Data directory" placeholder="$PAI_DEFAULT_FS_URI/alice/data" mono />
          <TextField path={['outputDir']} label="Output directory" description="Made by the server if nothing is said" placeholder="$PAI_DEFAULT_FS_URI/Output/..." mono />
          <TextField path={['authFile']} label="Credentials for the image" description="A file with registry, user and password" mono />
        </SimpleGrid>
      </Section>
      <Section title="Environment variables" hint="Set last: they win over the platform's.">
        <PairsField path={['jobEnvs']} label="Variables" add="Add a variable" />
      </Section>
    </>
  );
}

const retries = [
  { value: '0', label: 'never' },
  { value: '-1', label: 'without end' },
  { value: '-2', label: 'always, also after success (a service)' },
];

function RetryField() {
  const { value, set, error, fixed } = useField(['retryCount']);
  const count = Number(asText(value) || '0');
  return (
    <SimpleGrid cols={count > 0 ? 2 : 1} spacing="xs">
      <Select
        label="After a failure it is tried again"
        description="The whole job, all tasks"
        data={[retries[0]!, { value: 'n', label: 'so many times' }, ...retries.slice(1)]}
        value={count > 0 ? 'n' : String(count)}
        onChange={(next) => set(next === 'n' ? 1 : Number(next))}
        allowDeselect={false}
        error={error}
        disabled={fixed}
      />
      {count > 0 && <NumberField path={['retryCount']} label="Times" description="At the most" min={1} />}
    </SimpleGrid>
  );
}

function RoleFields({ path }: { path: Path }) {
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
        <TextField path={[...path, 'name']} label="Name" required mono />
        <NumberField path={[...path, 'taskNumber']} label="Instances" min={1} placeholder="1" />
        <NumberField path={[...path, 'cpuNumber']} label="CPUs of each" min={1} placeholder="1" />
        <NumberField path={[...path, 'memoryMB']} label="Memory of each" min={1} suffix=" MB" placeholder="100" />
        <NumberField path={[...path, 'gpuNumber']} label="GPUs of each" placeholder="0" />
        <NumberField path={[...path, 'shmMB']} label="Shared memory" suffix=" MB" placeholder="64" />
      </SimpleGrid>
      <LinesField path={[...path, 'command']} label="Command" description="Run by bash in the task's own directory" rows={2} required />
      <ItemsField path={[...path, 'portList']} label="Ports" description="http and ssh are there without being asked for" add="Add a port" fresh={{ label: '', beginAt: 0, portNumber: 1 }} title={(item, index) => asText(asMap(item).label) || `Port ${index + 1}`}>
        {(port) => (
          <SimpleGrid cols={{ base: 1, xs: 3 }}>
            <TextField path={[...port, 'label']} label="Label" required mono />
            <NumberField path={[...port, 'portNumber']} label="How many" min={1} placeholder="1" />
            <NumberField path={[...port, 'beginAt']} label="From" description="0 is any" placeholder="0" />
          </SimpleGrid>
        )}
      </ItemsField>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <PolicyField path={[...path, 'minFailedTaskCount']} label="The job fails when so many have failed" usual={1} never="it does not fail by this role" />
        <PolicyField path={[...path, 'minSucceededTaskCount']} label="The job succeeds when so many have succeeded" usual={null} never="when all roles have ended" />
      </SimpleGrid>
    </Stack>
  );
}

/** A number, or null: which of the two is said when nothing is. */
function PolicyField({ path, label, usual, never }: { path: Path; label: string; usual: number | null; never: string }) {
  const { value, set, error, fixed } = useField(path);
  const now = value === undefined ? usual : value;
  return (
    <SimpleGrid cols={now === null ? 1 : 2} spacing="xs">
      <Select
        label={label}
        data={[
          { value: 'count', label: 'a number' },
          { value: 'never', label: never },
        ]}
        value={now === null ? 'never' : 'count'}
        onChange={(next) => set(next === 'never' ? null : 1)}
        allowDeselect={false}
        error={error}
        disabled={fixed}
      />
      {now !== null && <NumberField path={path} label="Tasks" min={1} placeholder="1" />}
    </SimpleGrid>
  );
}

/** What all of it takes together. */
function Total() {
  const { settings } = useForm();
  const roles = asList(settings.taskRoles).map(asMap);
  const sum = (member: string, usual: number): number => roles.reduce((total, role) => total + Number(role.taskNumber ?? 1) * Number(role[member] ?? usual), 0);
  const tasks = roles.reduce((total, role) => total + Number(role.taskNumber ?? 1), 0);
  return (
    <Text size="sm" c="var(--text-muted)">
      Together {tasks} {tasks === 1 ? 'task' : 'tasks'}: {sum('cpuNumber', 1)} CPUs, {sum('memoryMB', 100)} MB, {sum('gpuNumber', 0)} GPUs. The job waits until the machine has room for all of it.
    </Text>
  );
}
