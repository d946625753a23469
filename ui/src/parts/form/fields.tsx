import { NumberInput, Select, Switch, TagsInput, Textarea, TextInput, type ComboboxItem } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
import { durationText } from '../time';
import { useField } from './context';
import { asText, asTexts, type Path } from './paths';

/** What every field has. */
export interface FieldProps {
  path: Path;
  label: string;
  description?: ReactNode;
  placeholder?: string | undefined;
  required?: boolean;
}

const blank = (text: string): string | undefined => (text === '' ? undefined : text);

/** A text; an empty one is none. */
export function TextField({ path, mono, ...rest }: FieldProps & { mono?: boolean }) {
  const { value, set, error, fixed } = useField(path);
  return <TextInput {...rest} styles={mono ? monoInput : undefined} value={asText(value)} onChange={(event) => set(rest.required ? event.currentTarget.value : blank(event.currentTarget.value))} error={error} disabled={fixed} />;
}

/** A text that others name: it changes when the field is left, so that half a name is nobody's. */
export function NameField({ path, rename, taken, ...rest }: FieldProps & { rename: (name: string) => void; taken: readonly string[] }) {
  const { value, error, fixed } = useField(path);
  const kept = asText(value);
  const [text, setText] = useState(kept);
  useEffect(() => setText(kept), [kept]);
  const isTaken = text !== kept && taken.includes(text);
  return (
    <TextInput
      {...rest}
      styles={monoInput}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={() => (isTaken ? setText(kept) : text !== kept && rename(text))}
      onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
      error={isTaken ? 'Another one has this name.' : error}
      disabled={fixed}
    />
  );
}

/** How tall a text is, by its lines: measuring it would lay the whole page out anew, which a graph of a thousand tasks makes slow. */
export const rowsFor = (text: string, least = 1, most = 12): number => Math.min(most, Math.max(least, text.split('\n').length));

/** A text of lines. */
export function LinesField({ path, rows = 3, ...rest }: FieldProps & { rows?: number }) {
  const { value, set, error, fixed } = useField(path);
  return <Textarea {...rest} rows={rowsFor(asText(value), rows, 20)} resize="vertical" styles={monoInput} value={asText(value)} onChange={(event) => set(blank(event.currentTarget.value))} error={error} disabled={fixed} />;
}

/** A number; shown in a larger unit where `scale` says how many of the settings' make one. */
export function NumberField({ path, scale = 1, min = 0, max, suffix, allowDecimal = false, ...rest }: FieldProps & { scale?: number; min?: number; max?: number; suffix?: string; allowDecimal?: boolean }) {
  const { value, set, error, fixed } = useField(path);
  const number = typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : undefined;
  return (
    <NumberInput
      {...rest}
      value={number === undefined || Number.isNaN(number) ? '' : number / scale}
      onChange={(next) => set(next === '' || typeof next === 'string' ? (next === '' || next === '-' ? undefined : Number(next) * scale) : Math.round(next * scale * 1000) / 1000)}
      min={min}
      max={max}
      suffix={suffix}
      allowDecimal={allowDecimal || scale > 1}
      error={error}
      disabled={fixed}
    />
  );
}

/** A length of time: given in seconds, kept in `unit`, said in words where it is long. */
export function TimeField({ unit, description, ...rest }: FieldProps & { unit: 'ms' | 's' }) {
  const { value } = useField(rest.path);
  const ms = Number(asText(value)) * (unit === 's' ? 1000 : 1);
  const words = ms >= 90_000 ? `That is ${durationText(ms)}.` : undefined;
  return <NumberField {...rest} description={words ? (description ? `${String(description)} ${words}` : words) : description} scale={unit === 'ms' ? 1000 : 1} suffix=" s" />;
}

/** Yes or no; what is the default is left out. */
export function SwitchField({ path, label, description, otherwise = false }: FieldProps & { otherwise?: boolean }) {
  const { value, set, error, fixed } = useField(path);
  const now = typeof value === 'boolean' ? value : otherwise;
  return <Switch label={label} description={description} checked={now} onChange={(event) => set(event.currentTarget.checked === otherwise ? undefined : event.currentTarget.checked)} error={error} disabled={fixed} />;
}

/** One of several; `usual` is what stands for none. */
export function ChoiceField({ path, data, usual, clearable, ...rest }: FieldProps & { data: readonly ComboboxItem[] | readonly string[]; usual?: string; clearable?: boolean }) {
  const { value, set, error, fixed } = useField(path);
  const now = asText(value);
  const known = (data as readonly (ComboboxItem | string)[]).map((item) => (typeof item === 'string' ? item : item.value));
  // A value that the form does not know is shown, not lost.
  const all = now !== '' && !known.includes(now) ? [...data, now] : [...data];
  return (
    <Select
      {...rest}
      data={all as ComboboxItem[]}
      value={now === '' ? (usual ?? null) : now}
      onChange={(next) => set(next === null || next === usual ? undefined : next)}
      allowDeselect={false}
      clearable={clearable ?? false}
      searchable={all.length > 12}
      comboboxProps={{ withinPortal: true }}
      error={error}
      disabled={fixed}
    />
  );
}

/** A list of short texts without order: addresses, names. */
export function TagsField({ path, data, ...rest }: FieldProps & { data?: readonly string[] }) {
  const { value, set, error, fixed } = useField(path);
  return <TagsInput {...rest} data={data ? [...data] : []} value={asTexts(value)} onChange={(next) => set(next.length > 0 ? next : undefined)} splitChars={[',', ' ', ';']} acceptValueOnBlur error={error} disabled={fixed} clearable />;
}

export const monoInput = { input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.86em' } };
