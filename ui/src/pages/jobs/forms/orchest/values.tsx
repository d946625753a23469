import { Alert, Button, Group, Modal, Select, Stack, Table, Text, UnstyledButton } from '@mantine/core';
import { IconFileImport, IconPencil } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Code } from '../../../../parts/code';
import { useForm } from '../../../../parts/form/context';
import { asMap } from '../../../../parts/form/paths';
import { frozenFiles, parametersFile, readFrozen, type OrchestJob } from './api';
import { expand, ownStrategy, readValues, strategyOf, type Group as ParameterGroup, type Strategy } from './strategy';

/** Values of the parameters: a click on them opens an editor for the list. */
export function Values({ job, from, problem }: { job: OrchestJob; from: string; problem?: string | undefined }) {
  const { settings, set, fixed } = useForm();
  const strategy = asMap(settings.strategy_json) as Strategy;
  const [edited, setEdited] = useState<{ key: string; name: string }>();
  const [source, setSource] = useState(from === 'file' ? parametersFile(job) : '');
  const change = (next: Strategy): void => {
    set(['strategy_json'], next);
    // Other values are other runs: all of them are chosen again.
    set(['parameters'], expand(next));
  };
  const groups = Object.values(strategy);
  return (
    <Stack gap="sm">
      {problem && (
        <Alert color="orange" variant="outline" title="The parameters file beside the pipeline was not used">
          {problem}
        </Alert>
      )}
      <Group gap="xs" justify="space-between">
        <Text size="sm" c="var(--text-muted)">
          {source ? `Values from ${source}. ` : ''}Click on values to change them: every value of each runs with every value of the others.
        </Text>
        {!fixed && <FileChoice job={job} onChosen={(next, path) => { setSource(path); change(next); }} />}
      </Group>
      {groups.length === 0 && (
        <Text size="sm">
          The pipeline has no parameters, so that it runs once, as it is. Parameters of the pipeline and of its steps are defined on the pipeline&apos;s page; make the job anew afterwards, since it keeps the project as it was.
        </Text>
      )}
      {groups.map((group) => (
        <Table.ScrollContainer key={group.key} minWidth={320} type="native">
          <Table withTableBorder verticalSpacing={4} aria-label={`Parameters of ${group.title}`} layout="fixed">
            <Table.Thead>
              <Table.Tr>
                <Table.Th w="30%">{group.key === 'pipeline_parameters' ? `Pipeline: ${group.title}` : `Step: ${group.title}`}</Table.Th>
                <Table.Th>Values</Table.Th>
                <Table.Th w={70} ta="right">
                  Count
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {Object.entries(group.parameters).map(([name, text]) => {
                const values = readValues(text);
                return (
                  <Table.Tr key={name}>
                    <Table.Td className="breaks">{name}</Table.Td>
                    <Table.Td>
                      <UnstyledButton className="mono breaks" w="100%" disabled={fixed ?? false} onClick={() => setEdited({ key: group.key, name })} aria-label={`Values of ${name}: ${text}. Edit`} style={{ maxHeight: 66, overflow: 'hidden' }}>
                        {!fixed && <IconPencil size={13} aria-hidden style={{ marginRight: 6 }} />}
                        {text.replaceAll(/\s+/g, ' ').slice(0, 300)}
                      </UnstyledButton>
                      {typeof values === 'string' && (
                        <Text size="xs" c="var(--state-red)">
                          {values}
                        </Text>
                      )}
                    </Table.Td>
                    <Table.Td ta="right" className="tabular">
                      {typeof values === 'string' ? '–' : values.length}
                    </Table.Td>
                  </Table.Tr>
                );
              })}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      ))}
      {edited && strategy[edited.key] && (
        <ValueEditor
          key={`${edited.key} ${edited.name}`}
          group={strategy[edited.key]!}
          name={edited.name}
          onClose={() => setEdited(undefined)}
          onSave={(text) => {
            const group = strategy[edited.key]!;
            change({ ...strategy, [edited.key]: { ...group, parameters: { ...group.parameters, [edited.name]: text } } });
            setEdited(undefined);
          }}
        />
      )}
    </Stack>
  );
}

function ValueEditor({ group, name, onSave, onClose }: { group: ParameterGroup; name: string; onSave: (text: string) => void; onClose: () => void }) {
  const [text, setText] = useState(group.parameters[name] ?? '[]');
  const values = readValues(text);
  return (
    <Modal opened onClose={onClose} title={`Values of ${name} (${group.title})`} size="lg" centered>
      <Stack>
        <Text size="sm" c="var(--text-muted)">
          A JSON list: each of its elements is a value that the pipeline runs with. A list as a value stands in a list of its own: [[64, 64], [128]].
        </Text>
        <Code value={text} onChange={setText} language="json" height={240} label={`Values of ${name}`} />
        <Group justify="space-between">
          <Text size="sm" c={typeof values === 'string' ? 'var(--state-red)' : 'var(--text-muted)'} role="status">
            {typeof values === 'string' ? values : `${values.length} ${values.length === 1 ? 'value' : 'values'}`}
          </Text>
          <Group gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button disabled={typeof values === 'string'} onClick={() => onSave(text)}>
              Use these values
            </Button>
          </Group>
        </Group>
      </Stack>
    </Modal>
  );
}

/** Another parameters file of the project, by hand; or the pipeline's own values again. */
function FileChoice({ job, onChosen }: { job: OrchestJob; onChosen: (strategy: Strategy, path: string) => void }) {
  const [isOpen, setIsOpen] = useState(false);
  const [problem, setProblem] = useState<string>();
  const files = useQuery({ queryKey: ['frozen json files', job.uuid], queryFn: () => frozenFiles(job), enabled: isOpen, staleTime: Infinity });
  const use = (path: string): void => {
    setProblem(undefined);
    readFrozen(job, path)
      .then((content) => {
        onChosen(strategyOf(content, job.pipeline_definition), path.replace(/^\//, ''));
        setIsOpen(false);
      })
      .catch((error: unknown) => setProblem(`${path}: ${error instanceof Error ? error.message : String(error)}`));
  };
  return (
    <>
      <Button size="xs" variant="default" leftSection={<IconFileImport size={14} aria-hidden />} onClick={() => setIsOpen(true)}>
        Parameters file
      </Button>
      <Modal opened={isOpen} onClose={() => setIsOpen(false)} title="Values from a file of the project" centered>
        <Stack>
          <Text size="sm" c="var(--text-muted)">
            {'{"pipeline_parameters": {"name": [values]}, "UUID of a step": {"name": [values]}}'}; what it leaves out stays as the pipeline has it.
          </Text>
          <Select label="File" placeholder={files.isLoading ? 'Loading…' : 'Choose a JSON file'} data={files.data ?? []} searchable limit={200} value={null} onChange={(path) => path && use(path)} error={problem ?? (files.error ? files.error.message : undefined)} />
          <Group justify="flex-end">
            <Button
              variant="default"
              onClick={() => {
                onChosen(ownStrategy(job.pipeline_definition), '');
                setIsOpen(false);
              }}
            >
              The pipeline&apos;s own values
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
