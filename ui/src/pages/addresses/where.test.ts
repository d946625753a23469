import { describe, expect, it } from 'vitest';
import { pageOf, withoutHash } from './where';

describe('pageOf', () => {
  it('knows the page of each kind of thing', () => {
    expect(pageOf({ kind: 'job', job_id: 7 })).toBe('/jobs/7');
    expect(pageOf({ kind: 'run', run_id: 8, job_id: 7 })).toBe('/runs/8');
    expect(pageOf({ kind: 'attempt', attempt_id: 9 })).toBe('/attempts/9');
    expect(pageOf({ kind: 'project', owner: 'alice', slug: 'loans' })).toBe('/projects/alice/loans');
    expect(pageOf({ kind: 'pipeline', owner: 'alice', slug: 'loans', path: 'a b/main.orchest' })).toBe('/pipelines/alice/loans/a%20b/main.orchest');
    expect(pageOf({ kind: 'pipeline', run_id: 8 })).toBe('/runs/8/pipeline');
    expect(pageOf({ kind: 'cloud' })).toBeUndefined();
  });
});

describe('withoutHash', () => {
  it('brings the pages of Databricks runs from behind the hash', () => {
    expect(withoutHash({ pathname: '/', search: '?o=1', hash: '#job/12/run/3' })).toBe(`/open?path=${encodeURIComponent('/?o=1#job/12/run/3')}`);
    expect(withoutHash({ pathname: '/', search: '', hash: '#job/12' })).toBeDefined();
  });

  it('leaves all other addresses alone', () => {
    expect(withoutHash({ pathname: '/', search: '', hash: '' })).toBeUndefined();
    expect(withoutHash({ pathname: '/runs/1', search: '', hash: '#job/12/run/3' })).toBeUndefined();
    expect(withoutHash({ pathname: '/', search: '', hash: '#content' })).toBeUndefined();
  });
});
