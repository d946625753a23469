import { ActionIcon, Box, Button, Fieldset, Group, Input, Stack, Text, Textarea, TextInput, Tooltip } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useField } from './context';
import { monoInput, rowsFor, type FieldProps } from './fields';
import { asList, asMap, asText, asTexts, type Path } from './paths';
import { splitWords } from './words';

// Of what is as tall as a list the hint stands above.
const above: ('label' | 'description' | 'error' | 'input')[] = ['label', 'description', 'error', 'input'];

/** Takes one row away. */
export function RemoveButton({ label, onClick, disabled }: { label: string; onClick: () => void; disabled?: boolean }) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" onClick={onClick} aria-label={label} disabled={disabled ?? false} mt={3}>
        <IconX size={16} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}

/** Adds a row. */
export function AddButton({ children, onClick, disabled }: { children: ReactNode; onClick: () => void; disabled?: boolean }) {
  return (
    <Box>
      <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={onClick} disabled={disabled ?? false}>
        {children}
      </Button>
    </Box>
  );
}

/** The words of a command, in order, each with its own field; a line that is pasted is parted into words. */
export function WordsField({ path, label, description, placeholder, required, word = 'word' }: FieldProps & { word?: string }) {
  const { value, set, error, fixed } = useField(path);
  const [line, setLine] = useState('');
  const words = asTexts(value);
  const put = (next: string[]): void => set(next.length > 0 ? next : undefined);
  const append = (): void => {
    if (line.trim() === '') return;
    put([...words, ...splitWords(line)]);
    setLine('');
  };
  return (
    <Input.Wrapper label={label} description={description} error={error} required={required ?? false} labelElement="div" inputWrapperOrder={above}>
      <Stack gap={4} mt={4}>
        {words.map((text, index) => (
          <Group key={index} gap={4} wrap="nowrap" align="flex-start">
            <Textarea
              rows={rowsFor(text)}
              resize="vertical"
              style={{ flex: 1 }}
              styles={monoInput}
              aria-label={`${label}: ${word} ${index + 1}`}
              value={text}
              disabled={fixed}
              onChange={(event) => put(words.map((old, at) => (at === index ? event.currentTarget.value : old)))}
            />
            <RemoveButton label={`Remove ${word} ${index + 1}`} onClick={() => put(words.filter((_, at) => at !== index))} disabled={fixed} />
          </Group>
        ))}
        <Group gap={4} wrap="nowrap">
          <TextInput
            style={{ flex: 1 }}
            styles={monoInput}
            aria-label={`${label}: add`}
            placeholder={placeholder ?? `Add a ${word}, or a line of them; quotes keep blanks together`}
            value={line}
            disabled={fixed}
            onChange={(event) => setLine(event.currentTarget.value)}
            onBlur={append}
            onKeyDown={(event) => {
              if (event.key === 'Enter') {
                event.preventDefault();
                append();
              }
            }}
          />
          <RemoveButtonRoom />
        </Group>
      </Stack>
    </Input.Wrapper>
  );
}

const RemoveButtonRoom = () => <Box w={28} />;

type Row = [name: string, text: string];

/** A map of texts, or the list of objects with `name` and `default` that some dialects have in its place. */
const rowsOf = (value: unknown, shape: 'map' | 'list'): Row[] =>
  shape === 'map' ? Object.entries(asMap(value)).map(([name, text]) => [name, asText(text)]) : asList(value).map((item) => [asText(asMap(item).name), asText(asMap(item).default)]);

function fromRows(rows: readonly Row[], shape: 'map' | 'list', old: unknown): unknown {
  const named = rows.filter(([name]) => name !== '');
  if (named.length === 0) return undefined;
  if (shape === 'list') return named.map(([name, text]) => ({ name, default: text }));
  // A value that is no text (a number of jobEnvs) stays what it is while its text is the same.
  const before = asMap(old);
  return Object.fromEntries(named.map(([name, text]) => [name, Object.hasOwn(before, name) && asText(before[name]) === text ? before[name] : text]));
}

/** Names with texts: variables, parameters. Rows stay as they are typed, also while a name is still empty. */
export function PairsField({ path, label, description, names = 'Name', values = 'Value', add = 'Add', shape = 'map', keepsEmpty = false }: FieldProps & { names?: string; values?: string; add?: string; shape?: 'map' | 'list'; keepsEmpty?: boolean }) {
  const { value, set, error, fixed } = useField(path);
  const [rows, setRows] = useState(() => rowsOf(value, shape));
  const sent = useRef(value);
  useEffect(() => {
    if (sent.current === value) return;
    sent.current = value;
    setRows(rowsOf(value, shape));
  }, [value, shape]);
  const change = (next: Row[]): void => {
    setRows(next);
    sent.current = fromRows(next, shape, value) ?? (keepsEmpty ? {} : undefined);
    set(sent.current);
  };
  return (
    <Input.Wrapper label={label} description={description} error={error} labelElement="div" inputWrapperOrder={above}>
      <Stack gap={4} mt={4}>
        {rows.map(([name, text], index) => (
          <Group key={index} gap={4} wrap="nowrap" align="flex-start">
            <TextInput
              style={{ flex: '0 1 38%' }}
              styles={monoInput}
              aria-label={`${label}: ${names.toLowerCase()} ${index + 1}`}
              placeholder={names}
              value={name}
              disabled={fixed}
              error={rows.some(([other], at) => at < index && other === name && name !== '') ? 'Twice' : undefined}
              onChange={(event) => change(rows.map((row, at) => (at === index ? [event.currentTarget.value, text] : row)))}
            />
            <Textarea
              rows={rowsFor(text)}
              resize="vertical"
              style={{ flex: 1 }}
              styles={monoInput}
              aria-label={`${label}: ${values.toLowerCase()} of ${name || `row ${index + 1}`}`}
              placeholder={values}
              value={text}
              disabled={fixed}
              onChange={(event) => change(rows.map((row, at) => (at === index ? [name, event.currentTarget.value] : row)))}
            />
            <RemoveButton label={`Remove ${name || `row ${index + 1}`}`} onClick={() => change(rows.filter((_, at) => at !== index))} disabled={fixed} />
          </Group>
        ))}
        <AddButton onClick={() => setRows([...rows, ['', '']])} disabled={fixed}>
          {add}
        </AddButton>
      </Stack>
    </Input.Wrapper>
  );
}

/** A list of objects, each with its own fields. */
export function ItemsField({ path, label, description, add, fresh, title, children }: { path: Path; label: string; description?: ReactNode; add: string; fresh: unknown; title: (item: unknown, index: number) => string; children: (path: Path, index: number) => ReactNode }) {
  const { value, set, error, fixed } = useField(path);
  const items = Array.isArray(value) ? (value as unknown[]) : [];
  return (
    <Input.Wrapper label={label} description={description} labelElement="div" inputWrapperOrder={above} error={items.length === 0 ? error : undefined}>
      <Stack gap="xs" mt={4}>
        {items.map((item, index) => (
          <Fieldset key={index} legend={title(item, index)} p="sm" pt={4}>
            <Group gap="xs" wrap="nowrap" align="flex-start">
              <Box style={{ flex: 1, minWidth: 0 }}>{children([...path, index], index)}</Box>
              <RemoveButton label={`Remove ${title(item, index)}`} onClick={() => set(items.length > 1 ? items.filter((_, at) => at !== index) : undefined)} disabled={fixed} />
            </Group>
          </Fieldset>
        ))}
        <AddButton onClick={() => set([...items, fresh])} disabled={fixed}>
          {add}
        </AddButton>
      </Stack>
    </Input.Wrapper>
  );
}

/** A part of a form, under its heading. */
export function Section({ title, hint, children, actions }: { title: string; hint?: ReactNode; children: ReactNode; actions?: ReactNode }) {
  return (
    <Box component="section" className="card" p="md" aria-label={title}>
      <Group justify="space-between" mb="sm" gap="xs">
        <Box>
          <Text component="h2" fw={650}>
            {title}
          </Text>
          {hint && (
            <Text size="sm" c="var(--text-muted)" component="div">
              {hint}
            </Text>
          )}
        </Box>
        {actions}
      </Group>
      <Stack gap="sm">{children}</Stack>
    </Box>
  );
}
