import { ActionIcon, AppShell, Box, Burger, Group, Menu, Text, Tooltip, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import {
  IconArrowsDiff, IconBriefcase, IconChevronDown, IconCpu, IconFolder, IconHome, IconLayoutGrid, IconLogout, IconMoon, IconPlayerPlay, IconRoute, IconSearch, IconSettings, IconStack2, IconSun, IconUser, IconUsers,
} from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Outlet, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect } from 'react';
import { openFeed, useIsLive, useLive } from '../api/live';
import { sessionQuery, useSignIn, useUser } from '../api/session';
import { MenuLink } from '../parts/links';
import { useAccount } from './account';

const Palette = lazy(() => import('./palette'));

/** Opens the search; asked for before it has come, it opens when it is there. */
const search = (): void => void import('./palette').then((palette) => palette.openPalette());

const menu = [
  { to: '/', label: 'Home', icon: IconHome },
  { to: '/jobs', label: 'Jobs', icon: IconBriefcase },
  { to: '/runs', label: 'Runs', icon: IconPlayerPlay },
  { to: '/batches', label: 'Batches', icon: IconLayoutGrid },
  { to: '/pipelines', label: 'Pipelines', icon: IconRoute },
  { to: '/environments', label: 'Environments', icon: IconStack2 },
  { to: '/projects', label: 'Projects', icon: IconFolder },
  { to: '/compare', label: 'Compare', icon: IconArrowsDiff },
] as const;

/** The frame around every page one must be signed in for. */
export function Shell() {
  const [opened, { toggle, close }] = useDisclosure();
  const client = useQueryClient();
  const user = useUser();
  useEffect(openFeed, []);
  useHotkeys([
    ['mod + K', search],
    ['/', search],
  ]);
  // What was missed before the feed was there, or while the server was away, is read anew.
  useLive(
    () => undefined,
    () => void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== sessionQuery.queryKey[0] }),
  );
  return (
    <AppShell header={{ height: 52 }} navbar={{ width: 196, breakpoint: 'sm', collapsed: { mobile: !opened } }} padding="md">
      <a href="#content" className="skip-link">
        Skip to the content
      </a>
      <AppShell.Header style={{ background: 'var(--surface)', borderColor: 'var(--line)' }}>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap" gap="xs">
          <Group gap="xs" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Menu" />
            <img src="/assets/icon.svg" width={26} height={26} alt="" />
            <Text fw={700} visibleFrom="xs">
              Switchyard
            </Text>
            <LiveMark />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <SearchButton />
            <AccountSwitch />
            <SchemeSwitch />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" style={{ background: 'var(--surface)', borderColor: 'var(--line)' }} aria-label="Main menu">
        <AppShell.Section grow>
          {menu.map((entry) => (
            <MenuLink key={entry.to} to={entry.to} label={entry.label} leftSection={<entry.icon size={18} stroke={1.6} aria-hidden />} activeOptions={{ exact: entry.to === '/' }} activeProps={{ active: true }} onClick={close} />
          ))}
        </AppShell.Section>
        <AppShell.Section>
          {user.admin && <MenuLink to="/admin" label="Server" leftSection={<IconCpu size={18} stroke={1.6} aria-hidden />} activeProps={{ active: true }} onClick={close} />}
          <MenuLink to="/settings" label="Settings" leftSection={<IconSettings size={18} stroke={1.6} aria-hidden />} activeProps={{ active: true }} onClick={close} />
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} style={{ outline: 'none' }}>
        <Outlet />
      </AppShell.Main>
      <Suspense>
        <Palette />
      </Suspense>
    </AppShell>
  );
}

/** Says when the page is cut off; it goes on by itself. */
function LiveMark() {
  const live = useIsLive();
  return live === false ? (
    <Text size="xs" c="var(--state-orange)" role="status" fw={600}>
      Reconnecting…
    </Text>
  ) : null;
}

function SearchButton() {
  return (
    <Tooltip label="Search everything (Ctrl+K)">
      <ActionIcon variant="default" size="lg" aria-label="Search" onClick={search}>
        <IconSearch size={18} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}

function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme('light') === 'dark';
  return (
    <Tooltip label={isDark ? 'Light' : 'Dark'}>
      <ActionIcon variant="default" size="lg" aria-label={isDark ? 'Use the light look' : 'Use the dark look'} onClick={() => setColorScheme(isDark ? 'light' : 'dark')}>
        {isDark ? <IconSun size={18} aria-hidden /> : <IconMoon size={18} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  );
}

/** Whose things are shown: one's own, a team's, or all one may see. */
function AccountSwitch() {
  const user = useUser();
  const teams = useQuery(sessionQuery).data?.teams ?? [];
  const [account, setAccount] = useAccount();
  const { signOut } = useSignIn();
  const navigate = useNavigate();
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <UnstyledButton aria-label={`Account: ${account ?? `${user.name}, everything`}. Switch account`} px="xs" py={6} className="card">
          <Group gap={6} wrap="nowrap">
            <IconUser size={16} aria-hidden />
            <Text size="sm" maw={120} truncate>
              {account ?? user.name}
            </Text>
            <IconChevronDown size={14} aria-hidden />
          </Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Signed in as {user.name}</Menu.Label>
        <Menu.Item leftSection={<IconLayoutGrid size={16} aria-hidden />} onClick={() => setAccount(null)} disabled={account === null}>
          Everything I may see
        </Menu.Item>
        <Menu.Item leftSection={<IconUser size={16} aria-hidden />} onClick={() => setAccount(user.name)} disabled={account === user.name}>
          {user.name} (personal)
        </Menu.Item>
        {teams.map((team) => (
          <Menu.Item key={team} leftSection={<IconUsers size={16} aria-hidden />} onClick={() => setAccount(team)} disabled={account === team}>
            {team} (team)
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconSettings size={16} aria-hidden />} onClick={() => void navigate({ to: '/settings' })}>
          Settings
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void signOut().finally(() => void navigate({ to: '/signin', search: {} }))}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** While a page's code or first data is on its way. */
export function Pending() {
  return <Box h={200} role="status" aria-busy="true" aria-label="Loading" />;
}
