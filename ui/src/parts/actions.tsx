import { ActionIcon, Button, CopyButton, Group, Modal, Stack, Text, Tooltip, type ButtonProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';

/** Says that something was done. */
export const told = (message: string): void => void notifications.show({ message, color: 'green', withBorder: true });

/** Says why something was not done. */
export const failed = (error: unknown, title = 'This did not work'): void =>
  void notifications.show({ title, message: error instanceof Error ? error.message : String(error), color: 'red', withBorder: true, autoClose: 10_000 });

/** Copies a text. */
export function Copy({ value, label = 'Copy' }: { value: string; label?: string }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : label}>
          <ActionIcon variant="subtle" color="gray" size="sm" onClick={copy} aria-label={label}>
            {copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** A button that first says what will happen, and asks. */
export function Confirm({
  label, title, explain, confirm, action, ...button
}: { label: ReactNode; title: string; explain: ReactNode; confirm: string; action: () => Promise<void> } & Omit<ButtonProps, 'children'>) {
  const [opened, { open, close }] = useDisclosure();
  const [busy, setBusy] = useState(false);
  return (
    <>
      <Button variant="default" {...button} onClick={open}>
        {label}
      </Button>
      <Modal opened={opened} onClose={close} title={title} centered>
        <Stack>
          <Text size="sm" component="div">
            {explain}
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={close} data-autofocus>
              Leave it
            </Button>
            <Button
              color={button.color ?? 'red'}
              loading={busy}
              onClick={() => {
                setBusy(true);
                action()
                  .then(close, (error: unknown) => failed(error))
                  .finally(() => setBusy(false));
              }}
            >
              {confirm}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
