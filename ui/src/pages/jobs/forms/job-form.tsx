import { Alert, Button, Group, MantineThemeProvider, Modal, Stack, Tabs, Text } from '@mantine/core';
import { IconAlertTriangle, IconCode, IconForms } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useBlocker } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { ApiError } from '../../../api/client';
import type { Dialect } from '../../../api/types';
import { FormContext, type FormState } from '../../../parts/form/context';
import { put, type Path, type Settings } from '../../../parts/form/paths';
import { ErrorBox, Page } from '../../../parts/page';
import { SettingsEditor, verdictText } from '../../../parts/settings-editor';
import { plain, useSettingsCheck } from '../../../parts/settings-check';

// Hints stand below their fields, so that fields side by side stand in line.
const look = { components: { InputWrapper: { defaultProps: { inputWrapperOrder: ['label', 'input', 'description', 'error'] } } } };

export interface JobFormProps {
  title: string;
  eyebrow?: ReactNode;
  dialect: Dialect;
  /** What the form begins with; later changes of it are not looked at. */
  initial: Settings;
  /** Whether leaving loses something although nothing was typed, as with an imported file. */
  isNew?: boolean;
  saveLabel: string;
  /** Saves by one call, and then leads on. */
  save: (settings: Settings) => Promise<() => void>;
  /** Whether the server can be asked about the settings before they are saved. */
  checked?: boolean;
  /** More that can be done, beside the button that saves. */
  actions?: ((tools: { settings: Settings; leave: () => void }) => ReactNode) | undefined;
  /** What is asked when somebody leaves, where it is more than to lose what was typed. */
  leaving?: ((tools: { go: () => void; stay: () => void; settings: Settings; isChanged: boolean }) => ReactNode) | undefined;
  /** Whether leaving asks even when nothing was changed. */
  asksAlways?: boolean;
  fixed?: boolean | undefined;
  notice?: ReactNode;
  children: ReactNode;
}

/** The page of every job's settings: a form, the same as JSON or YAML, one button that saves. It only edits the settings; what they mean is the server's. */
export function JobForm({ title, eyebrow, dialect, initial, isNew = false, saveLabel, save, checked = true, actions, leaving, asksAlways = false, fixed, notice, children }: JobFormProps) {
  const client = useQueryClient();
  const [settings, setSettings] = useState(initial);
  const [side, setSide] = useState<string>('form');
  const [isText, setIsText] = useState(false);
  const [invalid, setInvalid] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const left = useRef(false);
  const isChanged = settings !== initial;
  const verdict = useSettingsCheck(dialect, settings, checked && isChanged && !fixed);

  const set = useCallback((path: Path, value: unknown) => setSettings((before) => put(before, path, value)), []);
  const problems = useMemo(
    () => (refused instanceof ApiError && refused.field && verdict.problems.every(({ field }) => field !== refused.field) ? [...verdict.problems, plain({ message: refused.message, field: refused.field })] : verdict.problems),
    [verdict.problems, refused],
  );
  const state = useMemo<FormState>(() => ({ settings, set, problems, fixed }), [settings, set, problems, fixed]);
  // What was refused counts until something is changed.
  useEffect(() => setRefused(undefined), [settings]);

  const holds = (): boolean => !left.current && (asksAlways || isChanged || isNew);
  const blocker = useBlocker({ shouldBlockFn: ({ current, next }) => holds() && current.pathname !== next.pathname, enableBeforeUnload: () => !left.current && (isChanged || isNew), withResolver: true });
  const leave = (): void => {
    left.current = true;
  };
  const submit = (): void => {
    setBusy(true);
    setRefused(undefined);
    save(settings)
      .then((go) => {
        leave();
        void client.invalidateQueries();
        go();
      })
      .catch(setRefused)
      .finally(() => setBusy(false));
  };
  return (
    <FormContext.Provider value={state}>
      <Page
        title={title}
        tab={title}
        eyebrow={eyebrow}
        actions={
          <>
            {actions?.({ settings, leave })}
            <Button onClick={submit} loading={busy} disabled={invalid || fixed}>
              {saveLabel}
            </Button>
          </>
        }
      >
        <Stack gap="md">
          {notice}
          {refused !== undefined && <ErrorBox error={refused} title={refused instanceof ApiError && refused.field ? `Not saved: ${refused.field}` : 'Not saved'} />}
          <Tabs
            value={side}
            onChange={(next) => {
              setSide(next ?? 'form');
              if (next === 'text') setIsText(true);
            }}
            keepMounted={isText}
          >
            <Tabs.List mb={4}>
              <Tabs.Tab value="form" leftSection={<IconForms size={16} aria-hidden />}>
                Form
              </Tabs.Tab>
              <Tabs.Tab value="text" leftSection={<IconCode size={16} aria-hidden />}>
                JSON / YAML
              </Tabs.Tab>
            </Tabs.List>
            {/* Its room is always there, so that no field moves while one types. */}
            <Text size="sm" mih={side === 'form' ? 24 : 0} mb={6} className="breaks" c={verdict.state === 'refused' ? 'var(--state-red)' : 'var(--text-muted)'} role="status">
              {side === 'form' && isChanged && checked ? (
                <>
                  {verdictText(verdict.state)} {verdict.problems[0]?.field && <code>{verdict.problems[0].field}</code>} {verdict.problems[0]?.message}
                </>
              ) : null}
            </Text>
            <Tabs.Panel value="form">
              <Stack gap="md">
                {invalid && (
                  <Alert color="red" variant="outline" icon={<IconAlertTriangle aria-hidden />}>
                    The text has a mistake. The form shows what could be read last; a change here takes the text&apos;s place.
                  </Alert>
                )}
                <MantineThemeProvider theme={look}>{children}</MantineThemeProvider>
              </Stack>
            </Tabs.Panel>
            <Tabs.Panel value="text">{isText && <SettingsEditor value={settings} onChange={fixed ? undefined : setSettings} onInvalid={setInvalid} verdict={verdict} label={`${title}: settings`} />}</Tabs.Panel>
          </Tabs>
          <Group justify="flex-end">
            {actions?.({ settings, leave })}
            <Button onClick={submit} loading={busy} disabled={invalid || fixed}>
              {saveLabel}
            </Button>
          </Group>
        </Stack>
        <Modal opened={blocker.status === 'blocked'} onClose={() => blocker.reset?.()} title="Leave without saving?" centered>
          {blocker.status === 'blocked' &&
            (leaving?.({ go: blocker.proceed, stay: blocker.reset, settings, isChanged }) ?? (
              <Stack>
                <Text size="sm">What you changed here is not saved and will be lost.</Text>
                <Group justify="flex-end">
                  <Button variant="default" onClick={blocker.reset} data-autofocus>
                    Stay
                  </Button>
                  <Button color="red" onClick={blocker.proceed}>
                    Leave
                  </Button>
                </Group>
              </Stack>
            ))}
        </Modal>
      </Page>
    </FormContext.Provider>
  );
}
