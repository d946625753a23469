import { ActionIcon, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';

/** A parameter as it is typed. */
export interface Field {
  id: number;
  name: string;
  value: string;
  /** Whether it was there before: its name stands. */
  isKnown: boolean;
}

let last = 0;
export const fieldsOf = (pairs: readonly (readonly [string, string])[]): Field[] => pairs.map(([name, value]) => ({ id: ++last, name, value, isKnown: true }));

/** Names and values that can be changed, added and taken away. */
export function ParameterFields({ fields, onChange, note }: { fields: readonly Field[]; onChange: (fields: Field[]) => void; note?: string }) {
  const set = (id: number, change: Partial<Field>): void => onChange(fields.map((field) => (field.id === id ? { ...field, ...change } : field)));
  return (
    <Stack gap={6}>
      <Text size="sm" fw={600}>
        Parameters
      </Text>
      {note && (
        <Text size="xs" c="var(--text-muted)">
          {note}
        </Text>
      )}
      {fields.map((field) => (
        <Group key={field.id} gap={6} wrap="nowrap">
          <TextInput size="xs" style={{ flex: 1 }} value={field.name} readOnly={field.isKnown} aria-label="Name of a parameter" placeholder="name" onChange={(event) => set(field.id, { name: event.currentTarget.value })} />
          <TextInput size="xs" style={{ flex: 2 }} value={field.value} aria-label={field.name ? `Value of ${field.name}` : 'Value of the parameter'} placeholder="value" onChange={(event) => set(field.id, { value: event.currentTarget.value })} />
          <ActionIcon variant="subtle" color="gray" aria-label={`Leave out ${field.name || 'the parameter'}`} onClick={() => onChange(fields.filter((one) => one.id !== field.id))}>
            <IconX size={14} aria-hidden />
          </ActionIcon>
        </Group>
      ))}
      <Group>
        <Button size="compact-xs" variant="default" leftSection={<IconPlus size={13} aria-hidden />} onClick={() => onChange([...fields, { id: ++last, name: '', value: '', isKnown: false }])}>
          Add a parameter
        </Button>
      </Group>
    </Stack>
  );
}

/** What is sent of the fields. */
export const valuesOf = (fields: readonly Field[]): Record<string, string> => Object.fromEntries(fields.filter((field) => field.name !== '').map((field) => [field.name, field.value]));
