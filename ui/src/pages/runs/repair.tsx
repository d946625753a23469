import { Button, Checkbox, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { call } from '../../api/client';
import type { Run } from '../../api/types';
import { told } from '../../parts/actions';
import { ErrorBox, Loading } from '../../parts/page';
import { lookOf, StateIcon } from '../../parts/state';
import { fieldsOf, ParameterFields, valuesOf, type Field } from './parameter-fields';
import { inForce } from './parameters';
import { withDependents } from './patch';
import { useTaskNames } from './task-names';
import { runSettingsQuery } from './use-run';

/** Does tasks of an ended run again: those that did not succeed, unless others are chosen, and what depends on them. */
export function RepairDialog({ run, onClose }: { run: Run; onClose: () => void }) {
  const client = useQueryClient();
  const nameOf = useTaskNames();
  const tasks = useMemo(() => run.tasks ?? [], [run.tasks]);
  const broken = useMemo(() => new Set(tasks.filter((task) => task.state !== 'succeeded').map((task) => task.key)), [tasks]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(broken);
  const [takesDependents, setTakesDependents] = useState(true);
  const again = useMemo(() => (takesDependents ? withDependents(tasks, chosen) : chosen), [tasks, chosen, takesDependents]);
  const settings = useQuery(runSettingsQuery(run.id, run.revision));
  const [fields, setFields] = useState<Field[]>();
  // Tasks of other dialects are done again as they were.
  const takesParameters = run.dialect === 'yard' || run.dialect === 'databricks';
  const [text, setText] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const before = useMemo(() => (settings.data ? inForce(run, settings.data.parameters) : undefined), [run, settings.data]);
  useEffect(() => {
    if (before && !fields) setFields(fieldsOf(before));
  }, [before, fields]);

  const repair = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      const now = valuesOf(fields ?? []);
      const changed = Object.entries(now).some(([name, value]) => new Map(before).get(name) !== value) || (before ?? []).some(([name]) => !(name in now));
      // Parameters count anew for the tasks that run again, so all of them are sent once one was changed.
      await call('POST', `/api/yard/v1/runs/${run.id}/repair`, { tasks: [...chosen], with_dependents: takesDependents, ...(takesParameters && changed ? { parameters: now } : {}) });
      told(`${again.size} ${again.size === 1 ? 'task runs' : 'tasks run'} again.`);
      await client.invalidateQueries({ queryKey: ['run', run.id] });
      onClose();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };

  const shown = tasks.filter((task) => nameOf(task.key).toLowerCase().includes(text.trim().toLowerCase()));
  const scroller = useRef<HTMLDivElement>(null);
  // The dialog's element comes after the first render.
  const [, setReady] = useState(false);
  const rows = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: () => 32, overscan: 8, initialRect: { width: 400, height: 240 } });
  return (
    <Modal opened onClose={onClose} title={`Repair ${run.name} #${run.number}`} centered size="lg">
      <Stack gap="sm">
        <Text size="sm">
          The run goes on as the same run: the tasks chosen here run again, what succeeded otherwise stays as it is.
        </Text>
        <Group gap="xs" justify="space-between">
          <Group gap="xs">
            <Button size="compact-xs" variant="default" onClick={() => setChosen(broken)}>
              All that did not succeed
            </Button>
            <Button size="compact-xs" variant="default" onClick={() => setChosen(new Set())}>
              None
            </Button>
          </Group>
          <TextInput size="xs" placeholder="Find a task" aria-label="Find a task" value={text} onChange={(event) => setText(event.currentTarget.value)} />
        </Group>
        <div
          ref={(element) => {
            if (scroller.current === element) return;
            scroller.current = element;
            if (element) setReady(true);
          }}
          className="card repair-tasks"
          role="group"
          aria-label="Tasks to run again"
          tabIndex={0}
        >
          <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
            {rows.getVirtualItems().map((row) => {
              const task = shown[row.index]!;
              const follows = again.has(task.key) && !chosen.has(task.key);
              return (
                <div key={task.key} className="repair-task" style={{ transform: `translateY(${row.start}px)` }}>
                  <Checkbox
                    size="xs"
                    checked={again.has(task.key)}
                    disabled={follows}
                    label={
                      <span>
                        <StateIcon state={task.state} size={13} /> {nameOf(task.key)} <span style={{ color: 'var(--text-muted)' }}>{lookOf(task.state).text.toLowerCase()}{follows && '; depends on one that runs again'}</span>
                      </span>
                    }
                    onChange={(event) => {
                      const next = new Set(chosen);
                      if (event.currentTarget.checked) next.add(task.key);
                      else next.delete(task.key);
                      setChosen(next);
                    }}
                  />
                </div>
              );
            })}
          </div>
        </div>
        <Checkbox size="sm" checked={takesDependents} onChange={(event) => setTakesDependents(event.currentTarget.checked)} label="Also what depends on them" />
        {settings.error ? <ErrorBox error={settings.error} /> : !takesParameters ? null : fields ? <ParameterFields fields={fields} onChange={setFields} note="They count for the tasks that run again." /> : <Loading rows={2} />}
        {error !== undefined && <ErrorBox error={error} title="The run was not repaired" />}
        <Group justify="space-between">
          <Text size="sm" role="status">
            {again.size === 0 ? 'No task is chosen.' : `${again.size} of ${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'} will run again.`}
          </Text>
          <Group>
            <Button variant="default" onClick={onClose}>
              Leave it
            </Button>
            <Button loading={busy} disabled={again.size === 0} onClick={() => void repair()} data-autofocus>
              Repair
            </Button>
          </Group>
        </Group>
      </Stack>
    </Modal>
  );
}
