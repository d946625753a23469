import { Select, SimpleGrid, Stack } from '@mantine/core';
import { useField } from '../../../../parts/form/context';
import { NumberField, TextField } from '../../../../parts/form/fields';
import { ItemsField, PairsField } from '../../../../parts/form/lists';
import { asMap, asText, type Path } from '../../../../parts/form/paths';

/** What a new cluster is made of; what it knows beyond this is kept. */
export function NewClusterFields({ path }: { path: Path }) {
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <TextField path={[...path, 'spark_version']} label="Spark version" required mono />
        <TextField path={[...path, 'node_type_id']} label="Node type" mono />
        <NumberField path={[...path, 'num_workers']} label="Workers" />
        <TextField path={[...path, 'instance_pool_id']} label="Instance pool" description="May name a pool of this server" mono />
      </SimpleGrid>
      <PairsField path={[...path, 'spark_env_vars']} label="Environment variables" add="Add a variable" />
      <PairsField path={[...path, 'spark_conf']} label="Spark configuration" add="Add a setting" />
    </Stack>
  );
}

/** Clusters that the tasks of the job share. */
export function JobClusters() {
  return (
    <ItemsField
      path={['job_clusters']}
      label="Job clusters"
      description="A name under which tasks run together; the variables of a cluster are those of its tasks."
      add="Add a cluster"
      fresh={{ job_cluster_key: 'shared', new_cluster: { spark_version: '15.4.x-scala2.12', num_workers: 1 } }}
      title={(item, index) => asText(asMap(item).job_cluster_key) || `Cluster ${index + 1}`}
    >
      {(path) => (
        <Stack gap="sm">
          <TextField path={[...path, 'job_cluster_key']} label="Key" required mono />
          <NewClusterFields path={[...path, 'new_cluster']} />
        </Stack>
      )}
    </ItemsField>
  );
}

/** Sets of Python packages that tasks without a cluster name. */
export function Environments() {
  return (
    <ItemsField path={['environments']} label="Environments" add="Add an environment" fresh={{ environment_key: 'default', spec: { client: '1', dependencies: [] } }} title={(item, index) => asText(asMap(item).environment_key) || `Environment ${index + 1}`}>
      {(path) => (
        <Stack gap="sm">
          <TextField path={[...path, 'environment_key']} label="Key" required mono />
          <DependenciesField path={[...path, 'spec', 'dependencies']} />
        </Stack>
      )}
    </ItemsField>
  );
}

function DependenciesField({ path }: { path: Path }) {
  return (
    <ItemsField path={path} label="Dependencies" description="As pip takes them, or files of the workspace" add="Add a dependency" fresh="" title={(item, index) => asText(item) || `Dependency ${index + 1}`}>
      {(each) => <TextField path={each} label="Requirement" mono placeholder="requests==2.32.3" />}
    </ItemsField>
  );
}

const libraries = [
  { value: 'pypi', label: 'PyPI package', fresh: { package: '' } },
  { value: 'whl', label: 'Wheel', fresh: '' },
  { value: 'requirements', label: 'Requirements file', fresh: '' },
  { value: 'jar', label: 'JAR', fresh: '' },
  { value: 'maven', label: 'Maven', fresh: { coordinates: '' } },
  { value: 'egg', label: 'Egg', fresh: '' },
  { value: 'cran', label: 'CRAN package', fresh: { package: '' } },
] as const;

/** What is installed for a task. */
export function LibrariesField({ path }: { path: Path }) {
  return (
    <ItemsField path={path} label="Libraries" add="Add a library" fresh={{ pypi: { package: '' } }} title={(_, index) => `Library ${index + 1}`}>
      {(each) => <LibraryFields path={each} />}
    </ItemsField>
  );
}

function LibraryFields({ path }: { path: Path }) {
  const { value, set, fixed } = useField(path);
  const kind = libraries.find((each) => asMap(value)[each.value] !== undefined)?.value ?? 'pypi';
  const member = kind === 'pypi' || kind === 'cran' ? 'package' : kind === 'maven' ? 'coordinates' : undefined;
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <Select label="Kind" data={libraries.map((each) => ({ value: each.value, label: each.label }))} value={kind} allowDeselect={false} disabled={fixed} onChange={(next) => set({ [next!]: libraries.find((each) => each.value === next)!.fresh })} />
      <TextField path={member ? [...path, kind, member] : [...path, kind]} label={member === 'coordinates' ? 'Coordinates' : member ? 'Package' : 'File'} mono placeholder={member ? 'name==version' : '/Shared/lib.whl or dbfs:/lib.whl'} />
    </SimpleGrid>
  );
}
