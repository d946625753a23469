import { Select, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, call } from '../../api/client';
import type { Run, Task } from '../../api/types';
import { Empty, ErrorBox, Loading } from '../../parts/page';
import { PageFrame } from './page-frame';
import { orchestNotebook, orchestSteps } from './orchest';

interface Views {
  views?: { content: string; name: string; type: string }[];
}

/** The notebooks that a run executed, as pages. */
export function Notebooks({ run, tasks }: { run: Run; tasks: readonly Task[] }) {
  const isOrchest = run.dialect === 'orchest';
  const steps = useQuery({ queryKey: ['run', run.id, 'steps'], enabled: isOrchest, staleTime: Infinity, queryFn: () => orchestSteps(run) });
  const candidates = isOrchest
    ? (steps.data ?? []).filter((step) => step.file_path.endsWith('.ipynb')).map((step) => ({ value: step.uuid, label: step.title }))
    : run.dialect === 'databricks'
      ? tasks.flatMap((task) => task.instances.filter((instance) => instance.started_at && instance.index >= 0).map((instance) => ({ value: String(instance.attempt_id), label: `${task.key}${task.instances.length > 1 ? ` [${instance.index}]` : ''}` })))
      : [];
  const [chosen, setChosen] = useState<string>();
  const id = chosen ?? candidates[0]?.value;
  const page = useQuery({
    queryKey: ['run', run.id, 'notebook', id, run.state],
    enabled: id !== undefined,
    retry: false,
    queryFn: async (): Promise<string> => {
      if (isOrchest) return orchestNotebook(run, id!);
      const { views } = await call<Views>('GET', `/api/2.1/jobs/runs/export?run_id=${id}&views_to_export=ALL`);
      return views?.[0]?.content ?? '';
    },
  });
  if (candidates.length === 0) return null;
  const label = candidates.find((one) => one.value === id)?.label ?? '';
  return (
    <section aria-label="Notebooks">
      <Title order={2} mb="xs">
        Notebooks
      </Title>
      <Select size="xs" maw={320} mb="xs" label="Task" allowDeselect={false} searchable data={candidates} value={id ?? null} onChange={(value) => setChosen(value ?? undefined)} />
      {page.error ? (
        page.error instanceof ApiError && page.error.status >= 400 && page.error.status < 500 ? (
          <Empty title="No executed notebook to show">{page.error.message}</Empty>
        ) : (
          <ErrorBox error={page.error} retry={() => void page.refetch()} />
        )
      ) : page.data === undefined ? (
        <Loading rows={3} />
      ) : page.data === '' ? (
        <Empty title="No executed notebook to show">It appears once the notebook has run.</Empty>
      ) : (
        <PageFrame html={page.data} label={`Notebook of ${label}`} />
      )}
    </section>
  );
}
