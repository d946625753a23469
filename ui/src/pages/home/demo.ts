import { answer, api, call } from '../../api/client';
import type { components } from '../../api/schema';

/** Makes the job of `yard demo` and runs it twice: well, and with a misspelt region. Answers the run that fails. */
export async function startDemo(): Promise<number> {
  const { default: settings } = await import('../../../../examples/demo/sales-report.json');
  const { id } = await call<components['schemas']['JobMade']>('POST', '/api/yard/v1/jobs', settings);
  const run = (parameters: Record<string, string>) => answer(api.POST('/api/yard/v1/jobs/{id}/run', { params: { path: { id } }, body: { parameters } }));
  await run({});
  return (await run({ region: 'nroth' })).run_id;
}
