import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { answer, api, call } from '../../api/client';
import type { Project } from '../../api/types';

/** The UUID under which the Orchest dialect knows a project: the number of the project in the form of a UUID (docs/orchest.md, UUIDs). */
export function projectUuid(id: number): string {
  const high = Math.floor(id / 2 ** 48).toString(16).padStart(2, '0');
  const low = (id % 2 ** 48).toString(16).padStart(12, '0');
  return `00000001-0000-4000-80${high}-${low}`;
}

/** Projects of an account, or of all one may see, newest first. */
export const projectsQuery = (owner: string | null) =>
  infiniteQueryOptions({
    queryKey: ['projects', owner],
    queryFn: ({ pageParam }) => answer(api.GET('/api/yard/v1/projects', { params: { query: { limit: 100, ...(owner ? { owner } : {}), ...(pageParam ? { before: pageParam } : {}) } } })),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => last.next_before ?? null,
  });

/** One project. */
export const projectQuery = (owner: string, slug: string) =>
  queryOptions({ queryKey: ['project', owner, slug], queryFn: () => answer(api.GET('/api/yard/v1/projects/{owner}/{slug}', { params: { path: { owner, slug } } })) });

/** Where the files of a project answer. Each part of a path is written for an address on its own. */
export const fileAddress = (owner: string, slug: string, path: string): string =>
  `/api/yard/v1/projects/${encodeURIComponent(owner)}/${encodeURIComponent(slug)}/files/${path.split('/').filter(Boolean).map(encodeURIComponent).join('/')}`;

/** What a directory holds. */
export interface Entry {
  name: string;
  kind: string;
  bytes: number;
  changed_at: string;
}

interface EntryPage {
  entries: Entry[];
  next_after?: string | null;
}

/** What lies in a directory, by name. */
export const directoryQuery = (owner: string, slug: string, path: string) =>
  infiniteQueryOptions({
    queryKey: ['files', owner, slug, path],
    queryFn: ({ pageParam }) => call<EntryPage>('GET', `${fileAddress(owner, slug, path)}?limit=500${pageParam ? `&after=${encodeURIComponent(pageParam)}` : ''}`),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_after || null,
  });

/** A pipeline as the Orchest dialect lists it. */
export interface PipelineEntry {
  uuid: string;
  path: string;
  project_uuid: string;
  name: string;
}

/** Pipelines of a project: its .orchest files that can be read. */
export const pipelinesOf = (project: Project) =>
  queryOptions({
    queryKey: ['pipelines', project.owner, project.slug],
    queryFn: async () => (await call<{ result: PipelineEntry[] }>('GET', `/async/pipelines/${projectUuid(project.id)}`)).result,
  });

/** An environment of a project. */
export interface Environment {
  uuid: string;
  name: string;
  language: string;
  base_image: string;
  gpu_support?: boolean;
  setup_script: string;
}

/** Environments of a project. */
export const environmentsOf = (project: Pick<Project, 'id' | 'owner' | 'slug'>) =>
  queryOptions({
    queryKey: ['environments', project.owner, project.slug],
    queryFn: () => call<Environment[]>('GET', `/store/environments/${projectUuid(project.id)}`),
  });

/** A project as the Orchest dialect lists it: with how many pipelines and environments it has. */
export interface OrchestProject {
  uuid: string;
  path: string;
  slug: string;
  owner: string;
  pipeline_count: number;
  environment_count: number;
}

/** All projects one may see, with their numbers of pipelines and environments. */
export const orchestProjectsQuery = queryOptions({ queryKey: ['projects', 'counted'], queryFn: () => call<OrchestProject[]>('GET', '/async/projects') });
