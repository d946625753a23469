import { Group, Stack, Text, Title } from '@mantine/core';
import { IconServer } from '@tabler/icons-react';
import type { Service } from './definition';

/** What runs beside the steps of each run, to be read. */
export function Services({ services }: { services: Readonly<Record<string, Service>> }) {
  const all = Object.entries(services);
  if (all.length === 0) return null;
  return (
    <Stack className="card" p="md" gap="sm" component="section" aria-label="Services">
      <Title order={2}>Services</Title>
      <Text size="sm" c="var(--text-muted)">
        Each run has these for itself; they start with its first step and end with its last. They are changed in the text of the file.
      </Text>
      {all.map(([name, service]) => (
        <Group key={name} gap="sm" align="flex-start" wrap="nowrap">
          <IconServer size={18} aria-hidden style={{ flex: 'none', marginTop: 2 }} />
          <div style={{ minWidth: 0 }}>
            <Text fw={600} size="sm">
              {name}
            </Text>
            <Text size="sm" className="mono breaks">
              {[service.command, service.args].filter(Boolean).join(' ') || 'as its image says'}
            </Text>
            <Text size="sm" c="var(--text-muted)" className="breaks">
              {service.image || 'a process of the machine'}
              {service.ports && service.ports.length > 0 ? ` · ports ${service.ports.join(', ')}` : ''}
              {service.scope && !service.scope.includes('noninteractive') ? ' · not for jobs' : ''}
            </Text>
          </div>
        </Group>
      ))}
    </Stack>
  );
}
