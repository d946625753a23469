import { Box, Chip, Group, Input, Select, SimpleGrid, Stack, Text } from '@mantine/core';
import { useCallback, useMemo, useState, type ReactNode } from 'react';
import { useForm } from '../../../parts/form/context';
import { asList, asMap, asText, pathText, type Path } from '../../../parts/form/paths';
import { GraphEditor } from '../../../parts/graph-editor/graph-editor';
import { freeName, reached } from '../../../parts/graph-editor/reach';

/** How a dialect writes its tasks: what names one, and what one depends on. */
export interface TaskShape {
  /** The member that is a task's key. */
  key: string;
  /** Which task a dependency names. */
  named: (dependency: unknown) => string;
  /** With which outcome of a condition, or none. */
  outcome: (dependency: unknown) => string | undefined;
  /** A dependency as the dialect writes it. */
  depends: (key: string, outcome?: string) => unknown;
  /** A word or two on what a task does. */
  note: (task: Record<string, unknown>) => string;
  isCondition: (task: Record<string, unknown>) => boolean;
  fresh: (key: string) => Record<string, unknown>;
}

/** What the boxes are called by: keys, and places where a key is missing or not the first of its name. */
function idsOf(tasks: readonly Record<string, unknown>[], member: string): string[] {
  const seen = new Set<string>();
  return tasks.map((task, index) => {
    const key = asText(task[member]);
    if (key === '' || seen.has(key)) return `#${index}`;
    seen.add(key);
    return key;
  });
}

/** The tasks of a job: the graph, and the chosen one's fields beside it. */
export function TasksEditor({ shape, children }: { shape: TaskShape; children: (path: Path, rename: (name: string) => void, taken: string[]) => ReactNode }) {
  const { settings, set, problems, fixed } = useForm();
  const [chosen, setChosen] = useState(0);
  const tasks = useMemo(() => asList(settings.tasks).map(asMap), [settings.tasks]);
  // Two tasks of one name, or of none, are still two boxes.
  const ids = useMemo(() => idsOf(tasks, shape.key), [tasks, shape]);
  const places = useMemo(() => new Map(ids.map((id, at) => [id, at])), [ids]);
  const index = Math.min(chosen, tasks.length - 1);
  const edges = useMemo(
    () =>
      tasks.flatMap((task, to) =>
        asList(task.depends_on)
          .map((dependency) => ({ from: shape.named(dependency), to: ids[to]!, label: shape.outcome(dependency) }))
          .filter((edge) => places.has(edge.from)),
      ),
    [tasks, ids, places, shape],
  );
  const nodes = useMemo(
    () => tasks.map((task, at) => ({ id: ids[at]!, title: asText(task[shape.key]) || 'without a key', note: shape.note(task), wrong: problems.some(({ field }) => field?.startsWith(`${pathText(['tasks', at])}.`) || field === pathText(['tasks', at])) })),
    [tasks, ids, shape, problems],
  );

  const setDependencies = (at: number, next: unknown[]): void => set(['tasks', at, 'depends_on'], next.length > 0 ? next : undefined);
  const connect = (from: string, to: string): void => {
    const at = ids.indexOf(to);
    const before = tasks[ids.indexOf(from)];
    if (at >= 0 && before && !from.startsWith('#')) setDependencies(at, [...asList(tasks[at]!.depends_on), shape.depends(from, shape.isCondition(before) ? 'true' : undefined)]);
  };
  const disconnect = (from: string, to: string): void => {
    const at = ids.indexOf(to);
    if (at >= 0) setDependencies(at, asList(tasks[at]!.depends_on).filter((dependency) => shape.named(dependency) !== from));
  };
  const add = (): void => {
    const key = freeName('task', tasks.map((task) => asText(task[shape.key])));
    set(['tasks'], [...tasks, shape.fresh(key)]);
    setChosen(tasks.length);
  };
  const remove = (gone: readonly string[]): void => {
    const keys = new Set(gone);
    const kept = tasks
      .filter((_, at) => !keys.has(ids[at]!))
      .map((task) => {
        const dependencies = asList(task.depends_on);
        const stay = dependencies.filter((dependency) => !keys.has(shape.named(dependency)));
        if (stay.length === dependencies.length) return task;
        const { depends_on: _, ...rest } = task;
        return stay.length > 0 ? { ...rest, depends_on: stay } : rest;
      });
    set(['tasks'], kept);
    setChosen(Math.max(0, Math.min(index, kept.length - 1)));
  };
  const rename = (name: string): void => {
    const old = asText(tasks[index]?.[shape.key]);
    set(
      ['tasks'],
      tasks.map((task, at) => {
        const own = at === index ? { ...task, [shape.key]: name } : task;
        return old === '' || !asList(own.depends_on).some((dependency) => shape.named(dependency) === old)
          ? own
          : { ...own, depends_on: asList(own.depends_on).map((dependency) => (shape.named(dependency) === old ? shape.depends(name, shape.outcome(dependency)) : dependency)) };
      }),
    );
  };
  const choose = useCallback((id: string) => setChosen(places.get(id) ?? 0), [places]);
  const options = useMemo(() => tasks.map((each, at) => ({ value: String(at), label: `${asText(each[shape.key]) || ids[at]!} (${shape.note(each)})` })), [tasks, ids, shape]);
  const path: Path = ['tasks', index];
  const task = tasks[index];
  return (
    <Stack gap="md">
      <GraphEditor nodes={nodes} edges={edges} selected={index >= 0 ? ids[index] : undefined} onSelect={choose} onConnect={connect} onDisconnect={disconnect} onAdd={add} onRemove={remove} fixed={fixed} />
      {task ? (
        <Box className="card" p="md" component="section" aria-label={`Task ${asText(task[shape.key])}`}>
          <Stack gap="sm">
            {tasks.length > 1 && (
              <Select
                label="Task"
                description="Choose a task here or in the picture"
                data={options}
                value={String(index)}
                onChange={(next) => next !== null && setChosen(Number(next))}
                allowDeselect={false}
                searchable={tasks.length > 12}
                limit={200}
              />
            )}
            {children(path, rename, tasks.filter((_, at) => at !== index).map((each) => asText(each[shape.key])))}
            <DependsField
              tasks={tasks}
              ids={ids}
              index={index}
              shape={shape}
              edges={edges}
              fixed={fixed ?? false}
              onChange={(next) => setDependencies(index, next)}
            />
          </Stack>
        </Box>
      ) : (
        <Text size="sm" c="var(--text-muted)">
          A job needs a task. Add one above.
        </Text>
      )}
    </Stack>
  );
}

/** What a task waits for, by the keyboard: each of the others can be switched on. */
function DependsField({ tasks, ids, index, shape, edges, fixed, onChange }: { tasks: Record<string, unknown>[]; ids: string[]; index: number; shape: TaskShape; edges: readonly { from: string; to: string }[]; fixed: boolean; onChange: (next: unknown[]) => void }) {
  const dependencies = asList(tasks[index]!.depends_on);
  const [open, setOpen] = useState<string | null>(null);
  const chosen = dependencies.map(shape.named);
  // What comes after this task cannot come before it.
  const after = useMemo(() => reached(edges, ids[index]!), [edges, ids, index]);
  const free = ids.filter((id) => !id.startsWith('#') && !after.has(id) && !chosen.includes(id));
  return (
    <Input.Wrapper label="Depends on" description="It starts when these have ended; what their ends must be, Run if says." labelElement="div" inputWrapperOrder={['label', 'description', 'error', 'input']}>
      <SimpleGrid cols={{ base: 1, sm: 2 }} mt={4} spacing="xs">
        {dependencies.map((dependency, at) => {
          const key = shape.named(dependency);
          const before = tasks[ids.indexOf(key)];
          const outcome = shape.outcome(dependency);
          return (
            <Group key={key} gap="xs" wrap="nowrap">
              <Chip checked disabled={fixed} onChange={() => onChange(dependencies.filter((_, other) => other !== at))} size="sm" aria-label={`Depends on ${key}; press to remove`}>
                {key}
              </Chip>
              {((before && shape.isCondition(before)) || outcome !== undefined) && (
                <Select
                  size="xs"
                  w={130}
                  aria-label={`Outcome of ${key}`}
                  disabled={fixed}
                  data={[
                    { value: 'true', label: 'if true' },
                    { value: 'false', label: 'if false' },
                    { value: '', label: 'either way' },
                  ]}
                  value={outcome ?? ''}
                  allowDeselect={false}
                  onChange={(next) => onChange(dependencies.map((each, other) => (other === at ? shape.depends(key, next || undefined) : each)))}
                />
              )}
            </Group>
          );
        })}
        <Select
          aria-label="Add what it depends on"
          placeholder={free.length > 0 ? 'Add a task…' : 'No other task could come before this one'}
          data={free}
          value={open}
          searchable
          limit={100}
          disabled={fixed || free.length === 0}
          onChange={(next) => {
            const before = next === null ? undefined : tasks[ids.indexOf(next)];
            if (next !== null && before) onChange([...dependencies, shape.depends(next, shape.isCondition(before) ? 'true' : undefined)]);
            setOpen(null);
          }}
        />
      </SimpleGrid>
    </Input.Wrapper>
  );
}
