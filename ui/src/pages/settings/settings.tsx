import { useParams } from '@tanstack/react-router';
import { useUser } from '../../api/session';
import { Empty, Page } from '../../parts/page';
import { TabBar, TabLink } from '../../parts/tab-bar';
import { ApiKey } from './api-key';
import { Appearance } from './appearance';
import { Profile } from './profile';
import { Teams } from './teams';
import { Tokens } from './tokens';

const tabs = [
  { tab: 'profile', label: 'Profile', shown: Profile },
  { tab: 'tokens', label: 'Tokens', shown: Tokens },
  { tab: 'api-key', label: 'API Key', shown: ApiKey },
  { tab: 'teams', label: 'Teams', shown: Teams },
  { tab: 'appearance', label: 'Appearance', shown: Appearance },
] as const;

/** What belongs to oneself. */
export function Settings() {
  const { tab = 'profile' } = useParams({ strict: false });
  const user = useUser();
  const chosen = tabs.find((one) => one.tab === tab);
  return (
    <Page title="Settings" tab={`${chosen?.label ?? 'Settings'} · Settings`} eyebrow={`Personal account of ${user.name}`}>
      <TabBar label="Settings">
        {tabs.map((one) => (
          <TabLink key={one.tab} to="/settings/$tab" params={{ tab: one.tab }} {...(tab === one.tab ? { 'data-status': 'active', 'aria-current': 'page' as const } : {})}>
            {one.label}
          </TabLink>
        ))}
      </TabBar>
      {chosen ? <chosen.shown /> : <Empty title="There is no such tab">Choose one above.</Empty>}
    </Page>
  );
}
