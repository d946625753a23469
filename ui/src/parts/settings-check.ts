import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ApiError, call } from '../api/client';
import type { Settings } from './form/paths';

/** Something the server would refuse, and in which field. */
export interface SettingsProblem {
  message: string;
  field?: string | null | undefined;
}

/** What the server thinks of settings, without making anything. */
export interface Verdict {
  problems: readonly SettingsProblem[];
  /** asked: it is being asked; ok: it would take them; refused: it would not; silent: it cannot be asked. */
  state: 'asked' | 'ok' | 'refused' | 'silent';
}

const none: readonly SettingsProblem[] = [];

/** Asks the server about settings while they are written, half a second after the last change. */
export function useSettingsCheck(dialect: string, settings: Settings, isOn = true, kind: 'job' | 'run' = 'job'): Verdict {
  const [held] = useDebouncedValue(settings, 500);
  const asked = useQuery({
    queryKey: ['settings-check', dialect, kind, held],
    queryFn: () => call<{ problems: SettingsProblem[] }>('POST', '/api/yard/v1/settings/check', { dialect, kind, settings: held }),
    enabled: isOn,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    gcTime: 30_000,
    retry: (count, error) => error instanceof ApiError && error.isAway && count < 20,
  });
  const problems = asked.data?.problems ?? none;
  if (!isOn || asked.isError) return { problems: none, state: 'silent' };
  if (held !== settings || asked.isFetching || !asked.data) return { problems, state: 'asked' };
  return { problems, state: problems.length > 0 ? 'refused' : 'ok' };
}
