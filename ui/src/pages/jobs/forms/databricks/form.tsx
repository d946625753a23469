import { SimpleGrid } from '@mantine/core';
import { useField } from '../../../../parts/form/context';
import { ChoiceField, LinesField, NumberField, SwitchField, TextField, TimeField } from '../../../../parts/form/fields';
import { PairsField, Section } from '../../../../parts/form/lists';
import { asMap, asText, type Settings } from '../../../../parts/form/paths';
import { TasksEditor, type TaskShape } from '../tasks';
import { Environments, JobClusters } from './clusters';
import { noteOf } from './kinds';
import { NoticeFields } from './notices';
import { DatabricksTask } from './task';
import { Triggers } from './triggers';

/** What a new job begins with. */
export const freshDatabricks: Settings = { name: '', max_concurrent_runs: 1, tasks: [{ task_key: 'main', notebook_task: { notebook_path: '' } }] };

const shape: TaskShape = {
  key: 'task_key',
  named: (dependency) => asText(asMap(dependency).task_key),
  outcome: (dependency) => (asMap(dependency).outcome === undefined ? undefined : asText(asMap(dependency).outcome)),
  depends: (key, outcome) => ({ task_key: key, ...(outcome === undefined ? {} : { outcome }) }),
  note: noteOf,
  isCondition: (task) => task.condition_task !== undefined,
  fresh: (key) => ({ task_key: key, notebook_task: { notebook_path: '' } }),
};

/** A multi-task job of Databricks. */
export function DatabricksForm() {
  return (
    <>
      <Section title="Job">
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextField path={['name']} label="Name" required />
          <TextField path={['description']} label="Description" />
        </SimpleGrid>
        <PairsField path={['parameters']} shape="list" label="Job parameters" description="Given to notebooks, SQL, named wheels and jobs run by tasks; read as {{job.parameters.NAME}}." values="Default" add="Add a parameter" />
      </Section>
      <Section title="Tasks">
        <TasksEditor shape={shape}>{(path, rename, taken) => <DatabricksTask path={path} rename={rename} taken={taken} />}</TasksEditor>
      </Section>
      <Section title="Clusters and environments">
        <JobClusters />
        <Environments />
      </Section>
      <Section title="When it runs">
        <Triggers />
      </Section>
      <Section title="Runs">
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <NumberField path={['max_concurrent_runs']} label="Runs at the same time" description="1 if nothing is said; 0 skips every run" placeholder="1" />
          <TimeField path={['timeout_seconds']} unit="s" label="Time limit of a run" description="0 is none" placeholder="none" />
        </SimpleGrid>
        <SwitchField path={['queue', 'enabled']} label="Runs over that wait in line" description="Otherwise they are skipped." />
      </Section>
      <Section title="Who is told">
        <NoticeFields path={[]} />
      </Section>
      <Section title="Code from git" hint="For tasks whose code comes from a repository.">
        <GitFields />
      </Section>
      <Section title="Tags">
        <PairsField path={['tags']} label="Tags" add="Add a tag" />
      </Section>
    </>
  );
}

function GitFields() {
  const source = asMap(useField(['git_source']).value);
  const by = source.git_tag !== undefined ? 'git_tag' : source.git_commit !== undefined ? 'git_commit' : 'git_branch';
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <TextField path={['git_source', 'git_url']} label="Repository" placeholder="https://example.org/team/jobs.git" mono />
      <ChoiceField path={['git_source', 'git_provider']} label="Provider" data={['gitHub', 'gitHubEnterprise', 'gitLab', 'gitLabEnterpriseEdition', 'bitbucketCloud', 'bitbucketServer', 'azureDevOpsServices', 'awsCodeCommit']} clearable />
      <LinesField path={['git_source', by]} label={by === 'git_tag' ? 'Tag' : by === 'git_commit' ? 'Commit' : 'Branch'} rows={1} />
    </SimpleGrid>
  );
}
