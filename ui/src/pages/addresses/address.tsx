import { Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { ApiError, call } from '../../api/client';
import { ButtonLink } from '../../parts/links';
import { Empty, ErrorBox, Loading, Page } from '../../parts/page';
import { giveAddress, isJobAddress } from './rewrites';
import { pageOf, type Place } from './where';

/** An address that no page of ours has: one that an API or its document hands out leads to the page of what it names. */
export function Address() {
  const location = useRouterState({ select: (state) => state.location });
  const navigate = useNavigate();
  const search = location.search as Record<string, string | undefined>;
  const asked = location.pathname === '/open' && search.path ? search.path : location.href;
  const { data, error, refetch } = useQuery({
    queryKey: ['address', asked],
    queryFn: () => call<Place>('GET', `/api/yard/v1/addresses?path=${encodeURIComponent(asked)}`),
    staleTime: 60_000,
  });
  const to = data && pageOf(data);
  // Once: each step of a navigation gives another location while this page is still there.
  const gone = useRef<string>(undefined);
  useEffect(() => {
    if (!to || gone.current === to) return;
    gone.current = to;
    // A Cloudera job keeps the address its document speaks of.
    const { pathname, searchStr } = location;
    const stays = data.kind === 'job' && isJobAddress(pathname);
    if (stays) giveAddress(to, pathname.replace(/\/$/, ''));
    void navigate({ href: stays ? to + searchStr : to, replace: true });
  }, [to, navigate, location, data]);
  if (error && !(error instanceof ApiError && (error.status === 404 || error.status === 400)))
    return (
      <Page title="Looking for this page" tab="Looking">
        <ErrorBox error={error} retry={() => void refetch()} />
      </Page>
    );
  if (!error && (!data || to))
    return (
      <Page title="Looking for this page" tab="Looking">
        <Loading rows={3} />
      </Page>
    );
  return <Nothing path={asked} />;
}

/** There is no such page, and ways on. */
export function Nothing({ path }: { path: string }) {
  return (
    <Page title="There is nothing here" tab="Nothing here">
      <Empty
        title="No page has this address"
        action={
          <Group>
            <ButtonLink to="/">Home</ButtonLink>
            <ButtonLink to="/jobs" variant="default">
              Jobs
            </ButtonLink>
            <ButtonLink to="/runs" variant="default">
              Runs
            </ButtonLink>
          </Group>
        }
      >
        <span className="mono breaks">{path}</span>
        <br />
        What it named may have been deleted, or belong to somebody who does not share it with you. Ctrl+K searches everything you may see.
      </Empty>
    </Page>
  );
}
