import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Run } from '../../api/types';
import { Diff } from '../../parts/diff';
import { ErrorBox, Loading } from '../../parts/page';
import { runSettingsQuery } from './use-run';

/** The settings two runs were made with, as texts: the code of commands and queries stands in them. */
export function CompareSettings({ a, b }: { a: Run; b: Run }) {
  const [one, two] = [useQuery(runSettingsQuery(a.id, a.revision)), useQuery(runSettingsQuery(b.id, b.revision))];
  const texts = useMemo(() => [one.data, two.data].map((each) => (each ? JSON.stringify(each.settings, null, 2) : undefined)), [one.data, two.data]);
  const error = one.error ?? two.error;
  if (error) return <ErrorBox error={error} />;
  if (texts[0] === undefined || texts[1] === undefined) return <Loading />;
  return <Diff a={texts[0]} b={texts[1]} language="json" label="Settings" />;
}
