import { Button, CloseButton, Group, Menu, Text } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import type { ReactNode } from 'react';

/** One choice of a filter. */
export interface Choice {
  value: string;
  label: ReactNode;
}

/** A button with a menu of choices; with `several` it stays open and each choice is switched. */
export function FilterMenu({ label, choices, chosen, onChange, several, children }: { label: string; choices: readonly Choice[]; chosen: readonly string[]; onChange: (chosen: string[]) => void; several?: boolean; children?: ReactNode }) {
  return (
    <Menu position="bottom-start" withinPortal>
      <Menu.Target>
        <Button size="compact-sm" variant="default" rightSection={<IconChevronDown size={13} aria-hidden />}>
          {label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={420} style={{ overflowY: 'auto' }}>
        {choices.map((choice) => {
          const on = chosen.includes(choice.value);
          return (
            <Menu.CheckboxItem
              key={choice.value}
              checked={on}
              closeMenuOnClick={!several}
              onChange={() => onChange(on ? chosen.filter((value) => value !== choice.value) : several ? [...chosen, choice.value] : [choice.value])}
            >
              {choice.label}
            </Menu.CheckboxItem>
          );
        })}
        {children}
      </Menu.Dropdown>
    </Menu>
  );
}

/** A filter that is on, and the way to take it off. */
export function FilterChip({ label, value, onRemove }: { label: string; value: ReactNode; onRemove: () => void }) {
  return (
    <Group gap={4} wrap="nowrap" className="card" px={8} py={1} style={{ borderRadius: 14 }}>
      <Text size="xs" c="var(--text-muted)" component="span">
        {label}
      </Text>
      <Text size="xs" fw={600} component="span" maw={220} truncate>
        {value}
      </Text>
      <CloseButton size="xs" aria-label={`Remove the filter ${label}`} onClick={onRemove} />
    </Group>
  );
}
