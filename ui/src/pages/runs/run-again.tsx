import { Button, Group, Modal, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { answer, api } from '../../api/client';
import type { Run } from '../../api/types';
import { told } from '../../parts/actions';
import { ErrorBox, Loading } from '../../parts/page';
import { fieldsOf, ParameterFields, valuesOf, type Field } from './parameter-fields';
import { inForce, toSend } from './parameters';
import { runSettingsQuery } from './use-run';

/** Starts another run of the job, with this one's parameters or others. */
export function RunAgain({ run, onClose }: { run: Run; onClose: () => void }) {
  const navigate = useNavigate();
  const settings = useQuery(runSettingsQuery(run.id, run.revision));
  const [fields, setFields] = useState<Field[]>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    // What the run was given, over what its settings say of themselves.
    if (!fields && settings.data) setFields(fieldsOf(inForce(run, settings.data.parameters)));
  }, [fields, run, settings.data]);
  const start = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      const parameters = toSend(run.dialect, valuesOf(fields ?? []));
      const made = await answer(api.POST('/api/yard/v1/jobs/{id}/run', { params: { path: { id: run.job_id } }, body: Object.keys(parameters).length > 0 ? { parameters } : {} }));
      told(`Run #${made.number} is on its way.`);
      onClose();
      await navigate({ to: '/runs/$runId', params: { runId: String(made.run_id) }, search: {} });
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={`Run ${run.name} again`} centered size="lg">
      <Stack>
        {settings.error ? <ErrorBox error={settings.error} /> : fields ? <ParameterFields fields={fields} onChange={setFields} note="As this run had them. The job's settings are those of now." /> : <Loading rows={3} />}
        {error !== undefined && <ErrorBox error={error} title="The run was not started" />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button loading={busy} onClick={() => void start()} disabled={!fields} data-autofocus>
            Run
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
