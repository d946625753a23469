import { Alert, SegmentedControl, SimpleGrid, Stack } from '@mantine/core';
import { useField } from '../../../../parts/form/context';
import { ChoiceField, LinesField, NumberField, TextField } from '../../../../parts/form/fields';
import { PairsField, WordsField } from '../../../../parts/form/lists';
import { asMap, type Path } from '../../../../parts/form/paths';
import { DatabricksTask } from './task';
import { WorkspaceField } from './workspace-field';

const sources = [
  { value: 'WORKSPACE', label: 'the workspace' },
  { value: 'GIT', label: 'the git repository of the job' },
];

/** The fields of what a task does, by its kind. */
export function TaskBody({ path, kind }: { path: Path; kind: string }) {
  const own = [...path, kind];
  switch (kind) {
    case 'notebook_task':
      return (
        <Stack gap="sm">
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <WorkspaceField path={[...own, 'notebook_path']} label="Notebook" description="Its path in the workspace, without an ending" placeholder="/Users/me/clean-data" required />
            <ChoiceField path={[...own, 'source']} label="From" description="Git is the default of a job with a git source" data={sources} clearable />
          </SimpleGrid>
          <PairsField path={[...own, 'base_parameters']} label="Parameters" add="Add a parameter" />
        </Stack>
      );
    case 'spark_python_task':
      return (
        <Stack gap="sm">
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <WorkspaceField path={[...own, 'python_file']} label="Python file" description="A workspace path or dbfs:/..." placeholder="/Shared/load.py" required />
            <ChoiceField path={[...own, 'source']} label="From" description="Git is the default of a job with a git source" data={sources} clearable />
          </SimpleGrid>
          <WordsField path={[...own, 'parameters']} label="Parameters" word="parameter" />
        </Stack>
      );
    case 'python_wheel_task':
      return (
        <Stack gap="sm">
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <TextField path={[...own, 'package_name']} label="Package" required />
            <TextField path={[...own, 'entry_point']} label="Entry point" required />
          </SimpleGrid>
          <WheelParameters path={own} />
        </Stack>
      );
    case 'spark_jar_task':
      return (
        <Stack gap="sm">
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <TextField path={[...own, 'main_class_name']} label="Main class" required mono />
            <TextField path={[...own, 'jar_uri']} label="JAR" description="Or add it under Libraries" mono />
          </SimpleGrid>
          <WordsField path={[...own, 'parameters']} label="Parameters" word="parameter" />
        </Stack>
      );
    case 'spark_submit_task':
      return <WordsField path={[...own, 'parameters']} label="Words of spark-submit" description="Options, then the program, then its own words" />;
    case 'sql_task':
      return <SqlFields path={own} />;
    case 'dbt_task':
      return (
        <Stack gap="sm">
          <WordsField path={[...own, 'commands']} label="Commands" word="command" description="One after the other, until one fails. A command with blanks needs quotes when it is added." />
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <WorkspaceField path={[...own, 'project_directory']} label="Project directory" description="A directory of the workspace" />
            <TextField path={[...own, 'profiles_directory']} label="Profiles directory" description="From the project directory" mono />
            <TextField path={[...own, 'schema']} label="Schema" />
            <TextField path={[...own, 'catalog']} label="Catalog" />
            <TextField path={[...own, 'warehouse_id']} label="Warehouse" />
            <ChoiceField path={[...own, 'source']} label="From" data={sources} clearable />
          </SimpleGrid>
        </Stack>
      );
    case 'condition_task':
      return (
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          <TextField path={[...own, 'left']} label="Left" mono placeholder="{{tasks.total.values.sum}}" />
          <ChoiceField path={[...own, 'op']} label="Is" data={['EQUAL_TO', 'NOT_EQUAL', 'GREATER_THAN', 'GREATER_THAN_OR_EQUAL', 'LESS_THAN', 'LESS_THAN_OR_EQUAL'].map((op) => ({ value: op, label: op.toLowerCase().replaceAll('_', ' ') }))} />
          <TextField path={[...own, 'right']} label="Right" mono />
        </SimpleGrid>
      );
    case 'for_each_task':
      return (
        <Stack gap="sm">
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <LinesField path={[...own, 'inputs']} label="Inputs" description="A JSON list, or a reference to one" rows={1} />
            <NumberField path={[...own, 'concurrency']} label="At the same time" min={1} max={100} placeholder="1" />
          </SimpleGrid>
          <div className="card" style={{ padding: 12 }}>
            <DatabricksTask path={[...own, 'task']} nested />
          </div>
        </Stack>
      );
    case 'run_job_task':
      return (
        <Stack gap="sm">
          <NumberField path={[...own, 'job_id']} label="Id of the job" required />
          <PairsField path={[...own, 'job_parameters']} label="Its parameters" add="Add a parameter" />
        </Stack>
      );
    default:
      return (
        <Alert color="blue" variant="outline">
          {kind ? <code>{kind}</code> : 'A task without a kind'} has no form. It is kept as it is; change it on the JSON / YAML side.
        </Alert>
      );
  }
}

/** Parameters of a wheel: a list, or names with values, never both. */
function WheelParameters({ path }: { path: Path }) {
  const { value, set } = useField(path);
  const body = asMap(value);
  const isNamed = body.named_parameters !== undefined;
  return (
    <Stack gap="xs">
      <SegmentedControl
        aria-label="Parameters"
        w={280}
        size="xs"
        data={[
          { value: 'list', label: 'List of parameters' },
          { value: 'named', label: 'Named' },
        ]}
        value={isNamed ? 'named' : 'list'}
        onChange={(next) => {
          const { parameters: _, named_parameters: __, ...rest } = body;
          set(next === 'named' ? { ...rest, named_parameters: {} } : rest);
        }}
      />
      {isNamed ? <NamedParameters path={[...path, 'named_parameters']} /> : <WordsField path={[...path, 'parameters']} label="Parameters" word="parameter" />}
    </Stack>
  );
}

const NamedParameters = ({ path }: { path: Path }) => <PairsField path={path} label="Named parameters" description="They arrive as --name=value" add="Add a parameter" keepsEmpty />;

function SqlFields({ path }: { path: Path }) {
  const { value, set } = useField(path);
  const body = asMap(value);
  const isQuery = body.query !== undefined;
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label="What is run"
        w={280}
        size="xs"
        data={[
          { value: 'file', label: 'A SQL file' },
          { value: 'query', label: 'A query' },
        ]}
        value={isQuery ? 'query' : 'file'}
        onChange={(next) => {
          const { file: _, query: __, ...rest } = body;
          set(next === 'query' ? { ...rest, query: { query_id: '' } } : { ...rest, file: { path: '' } });
        }}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {isQuery ? (
          <WorkspaceField path={[...path, 'query', 'query_id']} label="Query" description="The path of a .sql file: there is no store of queries" />
        ) : (
          <WorkspaceField path={[...path, 'file', 'path']} label="File" description="A .sql file of the workspace" required />
        )}
        <TextField path={[...path, 'warehouse_id']} label="Warehouse" description="One of databricks_warehouses, or any name for the workspace's own" required />
      </SimpleGrid>
      <PairsField path={[...path, 'parameters']} label="Parameters" description="In statements as :name" add="Add a parameter" />
    </Stack>
  );
}
