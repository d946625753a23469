import { Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { useDebouncedValue, useLocalStorage } from '@mantine/hooks';
import { useEffect, useMemo, useRef, useState } from 'react';
import { Copy } from './actions';
import { Code } from './code';
import type { Settings } from './form/paths';
import { useSettingsCheck, type SettingsProblem, type Verdict } from './settings-check';
import { placeProblems, readSettings, writeSettings, type Format } from './settings-text';

export interface SettingsEditorProps {
  value: Settings;
  /** Without it the settings are only to be read. */
  onChange?: ((value: Settings) => void) | undefined;
  /** Told when the text cannot be read, and when it can again. */
  onInvalid?: ((invalid: boolean) => void) | undefined;
  /** Whose settings they are; with it the server says what it would refuse, as one types. */
  dialect?: string | undefined;
  /** What the server says, where somebody else asks it already. */
  verdict?: Verdict | undefined;
  height?: string | number | undefined;
  label?: string;
}

/** Settings of a job as JSON or YAML: mistakes of the text and what the server would refuse are marked where they are. */
export function SettingsEditor({ value, onChange, onInvalid, dialect, verdict, height = '62vh', label = 'Settings' }: SettingsEditorProps) {
  const [format, setFormat] = useLocalStorage<Format>({ key: 'switchyard-settings-format', defaultValue: 'json', getInitialValueInEffect: false });
  const [text, setText] = useState(() => writeSettings(value, format));
  const last = useRef({ value, format });
  const own = useSettingsCheck(dialect ?? '', value, dialect !== undefined && verdict === undefined && onChange !== undefined);
  const said = verdict ?? own;

  // Settings that the form changed take the place of the text; those that came from the text leave it as it was typed.
  useEffect(() => {
    if (last.current.value === value && last.current.format === format) return;
    last.current = { value, format };
    setText(writeSettings(value, format));
    onInvalid?.(false);
  }, [value, format, onInvalid]);

  const read = useMemo(() => readSettings(text, format), [text, format]);
  const [placed] = useDebouncedValue(text, 300);
  const problems = useMemo(() => (read.problems.length > 0 ? read.problems : placed === text ? placeProblems(text, said.problems) : []), [read, placed, text, said.problems]);
  const change = (next: string): void => {
    setText(next);
    const { value: parsed } = readSettings(next, format);
    if (parsed) {
      last.current = { value: parsed, format };
      onChange?.(parsed);
    }
    onInvalid?.(!parsed);
  };
  const first = read.problems[0];
  return (
    <Stack gap="xs">
      <Group justify="space-between" gap="xs">
        <Text size="sm" c={first ? 'var(--state-red)' : 'var(--text-muted)'} role="status">
          {first ? `Line ${text.slice(0, first.from).split('\n').length}: ${first.message}` : onChange ? verdictText(said.state) : 'Read only'}
        </Text>
        <Group gap="xs">
          <Copy value={text} label="Copy the settings" />
          <SegmentedControl
            size="xs"
            aria-label="Format"
            value={format}
            disabled={first !== undefined}
            onChange={(next) => setFormat(next === 'yaml' ? 'yaml' : 'json')}
            data={[
              { value: 'json', label: 'JSON' },
              { value: 'yaml', label: 'YAML' },
            ]}
          />
        </Group>
      </Group>
      <Code value={text} onChange={onChange && change} language={format} problems={problems} height={height} label={label} />
      {read.problems.length === 0 && <Problems problems={said.problems} />}
    </Stack>
  );
}

/** What the server thinks, in a sentence. */
export const verdictText = (state: Verdict['state']): string =>
  ({ asked: 'The server is looking at it…', ok: 'The server would take these settings.', refused: 'The server would refuse these settings:', silent: 'The server looks at the settings when they are saved.' })[state];

/** What the server says, as a list: the marks in the text are for those who see. */
export function Problems({ problems }: { problems: readonly SettingsProblem[] }) {
  if (problems.length === 0) return null;
  return (
    <Stack gap={2} component="ul" pl="md" my={0}>
      {problems.map((problem, index) => (
        <Text key={index} component="li" size="sm" c="var(--state-red)" className="breaks">
          {problem.field && <code>{problem.field}</code>} {problem.message}
        </Text>
      ))}
    </Stack>
  );
}
