import { createContext, useContext } from 'react';
import type { SettingsProblem } from '../settings-check';
import { at, pathText, type Path, type Settings } from './paths';

/** The settings that a form edits. */
export interface FormState {
  settings: Settings;
  /** Puts a value at a path; undefined removes it. */
  set: (path: Path, value: unknown) => void;
  problems: readonly SettingsProblem[];
  /** Whether nothing may be changed. */
  fixed?: boolean | undefined;
}

export const FormContext = createContext<FormState>({ settings: {}, set: () => undefined, problems: [] });

/** The whole of the settings. */
export const useForm = (): FormState => useContext(FormContext);

/** One value of the settings, what the server says of it, and how to change it. */
export function useField(path: Path): { value: unknown; set: (value: unknown) => void; error: string | undefined; fixed: boolean } {
  const { settings, set, problems, fixed } = useForm();
  const name = pathText(path);
  const said = problems.filter(({ field }) => field === name || field?.startsWith(`${name}[`) || field?.startsWith(`${name}.`));
  return { value: at(settings, path), set: (value) => set(path, value), error: said.length > 0 ? said.map(({ message }) => message).join(' ') : undefined, fixed: fixed ?? false };
}
