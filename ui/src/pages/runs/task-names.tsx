import { useQuery } from '@tanstack/react-query';
import { createContext, useContext, useMemo, type ReactNode } from 'react';
import type { Run } from '../../api/types';
import { orchestSteps } from './orchest';

const Names = createContext<(key: string) => string>((key) => key);

/** What a task is called: its key, or the title of the pipeline's step that the key stands for. */
export const useTaskNames = (): ((key: string) => string) => useContext(Names);

/** Reads the titles of a pipeline's steps where a run has them. */
export function TaskNames({ run, children }: { run: Run; children: ReactNode }) {
  const steps = useQuery({ queryKey: ['run', run.id, 'steps'], enabled: run.dialect === 'orchest', staleTime: Infinity, retry: false, queryFn: () => orchestSteps(run) });
  const nameOf = useMemo(() => {
    const titles = new Map((steps.data ?? []).map((step) => [step.uuid, step.title]));
    return (key: string) => titles.get(key) ?? key;
  }, [steps.data]);
  return <Names value={nameOf}>{children}</Names>;
}
