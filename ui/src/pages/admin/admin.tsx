import { useParams } from '@tanstack/react-router';
import { useUser } from '../../api/session';
import { Empty, Page } from '../../parts/page';
import { TabBar, TabLink } from '../../parts/tab-bar';
import { Teams } from '../settings/teams';
import { Pools } from './pools';
import { Server } from './server';
import { Users } from './users';

const tabs = [
  { tab: 'users', label: 'Users', shown: Users },
  { tab: 'teams', label: 'Teams', shown: Teams },
  { tab: 'pools', label: 'Pools', shown: Pools },
  { tab: 'server', label: 'This node', shown: Server },
] as const;

/** What administrators look after. */
export function Admin() {
  const { tab = 'users' } = useParams({ strict: false });
  const user = useUser();
  const chosen = tabs.find((one) => one.tab === tab);
  return (
    <Page title="Server" tab={`${chosen?.label ?? 'Server'} · Server`}>
      {user.admin ? (
        <>
          <TabBar label="Server">
            {tabs.map((one) => (
              <TabLink key={one.tab} to="/admin/$tab" params={{ tab: one.tab }} {...(tab === one.tab ? { 'data-status': 'active', 'aria-current': 'page' as const } : {})}>
                {one.label}
              </TabLink>
            ))}
          </TabBar>
          {chosen ? <chosen.shown /> : <Empty title="There is no such tab">Choose one above.</Empty>}
        </>
      ) : (
        <Empty title="This is for administrators">Your own account, tokens and teams are in Settings.</Empty>
      )}
    </Page>
  );
}
