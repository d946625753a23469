import { describe, expect, it } from 'vitest';
import { fileAddress, projectUuid } from './data';

describe('projectUuid', () => {
  it('holds the number of the project', () => {
    expect(projectUuid(0xdf80dc943000)).toBe('00000001-0000-4000-8000-df80dc943000');
    expect(projectUuid(Number.MAX_SAFE_INTEGER)).toBe('00000001-0000-4000-801f-ffffffffffff');
  });
});

describe('fileAddress', () => {
  it('writes each part of a path for an address', () => {
    expect(fileAddress('alice', 'a-b', '/data/50% off?.csv')).toBe('/api/yard/v1/projects/alice/a-b/files/data/50%25%20off%3F.csv');
    expect(fileAddress('alice', 'a-b', '')).toBe('/api/yard/v1/projects/alice/a-b/files/');
  });
});
