import { expect, it } from 'vitest';
import { pins, type OrchestJob } from './pins';

it('a job pins what its steps and services use', () => {
  const job: OrchestJob = { uuid: 'u', id: 1, name: 'j', status: 'DRAFT', created_time: '', pipeline_name: 'p', pipeline_definition: { steps: { a: { environment: 'x' } }, services: { s: { image: 'environment@y' } } } };
  expect([pins(job, 'x'), pins(job, 'y'), pins(job, 'z'), pins({ ...job, pipeline_definition: undefined as never }, 'x')]).toEqual([true, true, false, false]);
});
