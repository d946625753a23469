import { Group, Text, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { createSpotlight, Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight';
import '@mantine/spotlight/styles.css';
import { IconBriefcase, IconFolder, IconHistory, IconLogout, IconMoon, IconPlus, IconSearch, IconSun, IconArrowRight } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { call } from '../api/client';
import { useSignIn, useUser } from '../api/session';
import type { Job, Project, Run } from '../api/types';
import { dialectName } from '../parts/dialect';
import { StateIcon } from '../parts/state';
import { relativeTime } from '../parts/time';
import { forgetPages, notePage, recentPages } from './recent';

const [store, own] = createSpotlight();

/** Opens the search over everything. */
export const openPalette = (): void => own.open();

/** What is offered now, as Spotlight draws it. */
const offered = (): HTMLElement[] => [...(document.getElementById(store.getState().listId)?.querySelectorAll<HTMLElement>('[data-action]') ?? [])];

interface Found {
  jobs: Job[];
  runs: Run[];
  projects: Project[];
}

const pages = [
  ['/', 'Home'],
  ['/jobs', 'Jobs'],
  ['/runs', 'Runs'],
  ['/batches', 'Batches'],
  ['/pipelines', 'Pipelines'],
  ['/environments', 'Environments'],
  ['/projects', 'Projects'],
  ['/compare', 'Compare two runs'],
  ['/settings/profile', 'Settings: profile and password'],
  ['/settings/tokens', 'Settings: tokens'],
  ['/settings/api-key', 'Settings: API key'],
  ['/settings/teams', 'Settings: teams'],
] as const;

const adminPages = [
  ['/admin/users', 'Server: users'],
  ['/admin/pools', 'Server: pools'],
  ['/admin/server', 'Server: this node, its disk'],
] as const;

const newJobs = ['databricks', 'cloudera', 'orchest', 'openpai', 'yard'] as const;

/** Search over everything; the shell knows the keys for it. Nothing is asked of the server until something is typed. */
export default function Palette() {
  const navigate = useNavigate();
  const user = useUser();
  const { signOut } = useSignIn();
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme('light') === 'dark';
  const [query, setQuery] = useState('');
  const [opened, setOpened] = useState(() => store.getState().opened);
  const [settled] = useDebouncedValue(query.trim(), 160);
  useNotedPages();
  const { data, isFetching, error } = useQuery({
    queryKey: ['search', settled],
    queryFn: () => call<Found>('GET', `/api/yard/v1/search?q=${encodeURIComponent(settled)}`),
    enabled: opened && settled !== '',
    placeholderData: keepPreviousData,
  });
  const isStale = query.trim() !== settled || isFetching;
  // Enter takes the first of what is found, which comes after the typing; pressed too early it is remembered.
  const wanted = useRef(false);
  useEffect(() => {
    if (!opened || query.trim() === '') return;
    const [first, ...others] = offered();
    for (const other of others) other.removeAttribute('data-selected');
    if (!isStale) first?.setAttribute('data-selected', 'true');
    store.updateState((state) => ({ ...state, selected: first && !isStale ? 0 : -1 }));
    if (wanted.current && !isStale) {
      wanted.current = false;
      first?.click();
    }
  }, [opened, query, data, isStale]);
  const go = (href: string) => (): void => void navigate({ href });
  const matches = (label: string): boolean => query.trim().toLowerCase().split(/\s+/).every((word) => label.toLowerCase().includes(word));

  const groups: SpotlightActionGroupData[] = [];
  const add = (group: string, actions: SpotlightActionData[]): void => {
    if (actions.length > 0) groups.push({ group, actions });
  };
  if (query.trim() === '') {
    add('Recent', opened ? recentPages().map((page) => ({ id: `recent ${page.href}`, label: page.title, leftSection: <IconHistory size={18} aria-hidden />, onClick: go(page.href) })) : []);
  } else if (data && settled !== '') {
    add('Runs', data.runs.map((run) => ({ id: `run ${run.id}`, label: `${run.name} #${run.number}`, description: `${dialectName(run.dialect)} · ${run.owner} · ${run.id} · ${relativeTime(run.created_at, Date.now())}`, leftSection: <StateIcon state={run.state} size={18} />, onClick: go(`/runs/${run.id}`) })));
    add('Jobs', data.jobs.map((job) => ({ id: `job ${job.id}`, label: job.name, description: `${dialectName(job.dialect)} · ${job.owner} · ${job.id}`, leftSection: <IconBriefcase size={18} aria-hidden />, onClick: go(`/jobs/${job.id}`) })));
    add('Projects', data.projects.map((project) => ({ id: `project ${project.id}`, label: project.name, description: `${project.owner}/${project.slug}`, leftSection: <IconFolder size={18} aria-hidden />, onClick: go(`/projects/${project.owner}/${project.slug}`) })));
  }
  const doings: SpotlightActionData[] = [
    ...newJobs.map((dialect) => ({ id: `new ${dialect}`, label: `New ${dialectName(dialect)} job`, leftSection: <IconPlus size={18} aria-hidden />, onClick: go(`/jobs/new/${dialect}`) })),
    { id: 'new project', label: 'New project', leftSection: <IconPlus size={18} aria-hidden />, onClick: go('/projects?new=empty') },
    { id: 'scheme', label: isDark ? 'Use the light look' : 'Use the dark look', leftSection: isDark ? <IconSun size={18} aria-hidden /> : <IconMoon size={18} aria-hidden />, onClick: () => setColorScheme(isDark ? 'light' : 'dark') },
    {
      id: 'sign out',
      label: 'Sign out',
      leftSection: <IconLogout size={18} aria-hidden />,
      onClick: () => {
        forgetPages();
        void signOut().finally(() => void navigate({ to: '/signin', search: {} }));
      },
    },
  ];
  add('Do', doings.filter((action) => matches(action.label!)));
  const known = user.admin ? [...pages, ...adminPages] : pages;
  add('Pages', known.filter(([, label]) => matches(label)).map(([href, label]) => ({ id: `page ${href}`, label, leftSection: <IconArrowRight size={18} aria-hidden />, onClick: go(href) })));

  return (
    <Spotlight
      store={store}
      title="Search everything"
      styles={{ header: { position: 'absolute', width: 1, height: 1, minHeight: 0, padding: 0, overflow: 'hidden', clipPath: 'inset(50%)' } }}
      actions={groups}
      filter={(_, actions) => actions}
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      onSpotlightOpen={() => setOpened(true)}
      onSpotlightClose={() => setOpened(false)}
      scrollable
      maxHeight="min(70vh, 520px)"
      highlightQuery
      overlayProps={{ blur: 0 }}
      nothingFound={
        <Group justify="center" p="md">
          <Text size="sm">{error ? error.message : isStale ? 'Looking…' : 'Nothing found. Names are found by any part of them, ids when they are whole.'}</Text>
        </Group>
      }
      searchProps={{
        onKeyDown: (event) => {
          wanted.current = event.key === 'Enter' && isStale && query.trim() !== '';
          if (wanted.current) for (const one of offered()) one.removeAttribute('data-selected');
        },
        placeholder: 'Search jobs, runs, projects, ids',
        'aria-label': 'Search everything',
        leftSection: <IconSearch size={18} aria-hidden />,
      }}
    />
  );
}

/** Notes the pages that are opened, by the titles they give themselves once they know what they show. */
function useNotedPages(): void {
  const href = useRouterState({ select: (state) => state.location.href });
  useEffect(() => {
    const timer = setTimeout(() => notePage({ href, title: document.title.replace(/ · Switchyard$/, '') }), 1500);
    return () => clearTimeout(timer);
  }, [href]);
}
