import { expect, it } from 'vitest';
import { giveAddress, isJobAddress, rewrite } from './rewrites';

it('shows a page under the address it was given, with its query', () => {
  giveAddress('/jobs/42', '/alice/risk-analysis/jobs/208');
  expect(rewrite.output({ url: new URL('http://h/jobs/42?tab=runs') })!.href).toBe('http://h/alice/risk-analysis/jobs/208?tab=runs');
  expect(rewrite.input({ url: new URL('http://h/alice/risk-analysis/jobs/208') })!.pathname).toBe('/jobs/42');
  expect(rewrite.output({ url: new URL('http://h/jobs/42/edit') })).toBeUndefined();
  expect(rewrite.input({ url: new URL('http://h/alice/risk-analysis/jobs/209') })).toBeUndefined();
});

it('knows the addresses of jobs', () => {
  expect(isJobAddress('/alice/risk-analysis/jobs/208')).toBe(true);
  expect(isJobAddress('/projects/alice/x/jobs')).toBe(false);
});
