import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { ButtonLink } from '../../parts/links';
import { Empty, Page } from '../../parts/page';
import { useAccount } from '../../shell/account';
import { filtersOf } from './list/filters';
import { RunFilterBar } from './list/run-filters';
import { RunList } from './list/run-list';

/** Runs of everything, newest first. The address holds the filters. */
export function Runs() {
  const search = useSearch({ from: '/app/runs' });
  const navigate = useNavigate();
  const [account] = useAccount();
  const [opened] = useState(() => Date.now());
  const filters = useMemo(() => filtersOf(search, account, opened), [search, account, opened]);
  const isFiltered = Object.keys(filters).length > 0;
  return (
    <Page title="Runs" tab="Runs" wide>
      <RunList
        filters={filters}
        head={<RunFilterBar search={search} onChange={(change) => void navigate({ to: '/runs', search: { ...search, ...change }, replace: true })} />}
        empty={
          isFiltered ? (
            <Empty title="No run is like that" action={<ButtonLink to="/runs" variant="default">Show all runs</ButtonLink>}>
              {account ? `Only runs of ${account} are shown; the account switch at the top right shows others.` : 'Take a filter off above to see more.'}
            </Empty>
          ) : (
            <Empty title="Nothing has run yet" action={<ButtonLink to="/jobs">Go to the jobs</ButtonLink>}>
              Start a job with its Run now button, or send one through an API; each run then stands here with its state and the reason for it.
            </Empty>
          )
        }
      />
    </Page>
  );
}
