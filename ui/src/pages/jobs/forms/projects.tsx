import { Autocomplete, Select, TagsInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { answer, api, call } from '../../../api/client';
import type { Project } from '../../../api/types';
import { useField } from '../../../parts/form/context';
import { monoInput, type FieldProps } from '../../../parts/form/fields';
import { asText, asTexts } from '../../../parts/form/paths';
import { useAccount } from '../../../shell/account';

/** The projects one may see, page by page, all of them: they are chosen from by name. */
export function useProjects(): { projects: Project[]; error: unknown; isLoading: boolean } {
  const [account] = useAccount();
  const pages = useInfiniteQuery({
    queryKey: ['projects', 'to choose from', account],
    queryFn: ({ pageParam }) => answer(api.GET('/api/yard/v1/projects', { params: { query: { limit: 100, ...(pageParam ? { before: Number(pageParam) } : {}), ...(account ? { owner: account } : {}) } } })),
    initialPageParam: '',
    getNextPageParam: (page) => (page.next_before ? String(page.next_before) : undefined),
    staleTime: 30_000,
  });
  const { hasNextPage, isFetchingNextPage, fetchNextPage, data } = pages;
  const count = data?.pages.length ?? 0;
  useEffect(() => {
    // Somebody with more projects than this types the address of the one they want.
    if (hasNextPage && !isFetchingNextPage && count < 10) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, count]);
  return { projects: (data?.pages ?? []).flatMap((page) => page.projects), error: pages.error, isLoading: pages.isLoading };
}

/** A project, by its owner and slug. */
export function ProjectSelect({ projects, value, onChange, disabled = false, error }: { projects: readonly Project[]; value: string | null; onChange: (address: string) => void; disabled?: boolean; error?: string | undefined }) {
  return (
    <Select
      label="Project"
      required
      placeholder={projects.length > 0 ? 'Choose a project' : 'There is no project yet: make one under Projects'}
      data={projects.map((project) => ({ value: `${project.owner}/${project.slug}`, label: `${project.name} (${project.owner}/${project.slug})` }))}
      value={value}
      onChange={(next) => next && onChange(next)}
      searchable
      limit={100}
      allowDeselect={false}
      disabled={disabled}
      error={error}
    />
  );
}

const addressOf = (owner: string, slug: string, path: string): string => `/api/yard/v1/projects/${encodeURIComponent(owner)}/${encodeURIComponent(slug)}/files/${path.split('/').map(encodeURIComponent).join('/')}`;

/** What lies in a directory of a project, by paths from its root; directories end with a slash. */
function useFiles(owner: string, slug: string, directory: string): string[] {
  const [asked] = useDebouncedValue(directory, 250);
  const listed = useQuery({
    queryKey: ['files of a project', owner, slug, asked],
    queryFn: () => call<{ entries?: { name: string; kind: string }[] }>('GET', `${addressOf(owner, slug, asked)}?limit=500`),
    enabled: owner !== '',
    retry: false,
    staleTime: 15_000,
  });
  return (listed.data?.entries ?? []).filter((entry) => !entry.name.startsWith('.')).map((entry) => `${asked}${entry.name}${entry.kind === 'directory' ? '/' : ''}`);
}

/** A file of a project: its path is typed, what lies where one types is offered. */
export function ProjectFileField({ path, owner, slug, endings, ...rest }: FieldProps & { owner: string; slug: string; endings?: readonly string[] }) {
  const { value, set, error, fixed } = useField(path);
  const text = asText(value);
  const files = useFiles(owner, slug, text.slice(0, text.lastIndexOf('/') + 1));
  const offered = files.filter((file) => file.endsWith('/') || !endings || endings.some((ending) => file.toLowerCase().endsWith(ending)));
  return <Autocomplete {...rest} styles={monoInput} data={offered} limit={200} value={text} onChange={(next) => set(next === '' && !rest.required ? undefined : next)} error={error} disabled={fixed} comboboxProps={{ withinPortal: true }} />;
}

/** Files of a project, from its topmost directory or by typing. */
export function ProjectFilesField({ path, owner, slug, ...rest }: FieldProps & { owner: string; slug: string }) {
  const { value, set, error, fixed } = useField(path);
  const files = useFiles(owner, slug, '').filter((file) => !file.endsWith('/'));
  return <TagsInput {...rest} data={files} value={asTexts(value)} onChange={(next) => set(next.length > 0 ? next : undefined)} error={error} disabled={fixed} acceptValueOnBlur clearable />;
}
