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

/** Without the name of the field before it: that is shown where the problem is. */
export const plain = ({ message, field }: SettingsProblem): SettingsProblem => {
  const text = field && message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;
  return { message: text.charAt(0).toUpperCase() + text.slice(1), field };
};

/** Asks the server about settings while they are written, half a second after the last change. */
export function useSettingsCheck(dialect: string, settings: Settings, isOn = true, kind: 'job' | 'run' = 'job'): Verdict {
  const [held] = useDebouncedValue(settings, 500);
  const asked = useQuery({
    queryKey: ['settings-check', dialect, kind, held],
    queryFn: async () => (await call<{ problems: SettingsProblem[] }>('POST', '/api/yard/v1/settings/check', { dialect, kind, settings: held })).problems.map(plain),
    enabled: isOn,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    gcTime: 30_000,
    retry: (count, error) => error instanceof ApiError && error.isAway && count < 20,
  });
  const problems = asked.data ?? none;
  if (!isOn || asked.isError) return { problems: none, state: 'silent' };
  if (held !== settings || asked.isFetching || !asked.data) return { problems, state: 'asked' };
  return { problems, state: problems.length > 0 ? 'refused' : 'ok' };
}
