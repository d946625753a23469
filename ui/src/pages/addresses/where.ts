/** What an address that a dialect handed out leads to, as `GET addresses` says. */
export interface Place {
  kind: string;
  job_id?: number | null;
  run_id?: number | null;
  attempt_id?: number | null;
  batch_id?: number | null;
  owner?: string | null;
  slug?: string | null;
  path?: string | null;
}

/** The page of ours that shows it; undefined for what has none. */
export function pageOf(place: Place): string | undefined {
  const project = place.owner && place.slug ? `${encodeURIComponent(place.owner)}/${encodeURIComponent(place.slug)}` : undefined;
  switch (place.kind) {
    case 'job':
      return place.job_id ? `/jobs/${place.job_id}` : undefined;
    case 'run':
      return place.run_id ? `/runs/${place.run_id}` : undefined;
    case 'attempt':
      return place.attempt_id ? `/attempts/${place.attempt_id}` : undefined;
    case 'batch':
      return place.batch_id ? `/batches/${place.batch_id}` : undefined;
    case 'project':
      return project ? `/projects/${project}` : undefined;
    case 'pipeline':
      // A run's pipeline is shown as the run froze it; else the file of the project.
      if (place.run_id) return `/runs/${place.run_id}/pipeline`;
      return project ? (place.path ? `/pipelines/${project}/${place.path.split('/').map(encodeURIComponent).join('/')}` : `/projects/${project}`) : undefined;
    default:
      return undefined;
  }
}

/**
 * Databricks writes the page of a run behind a "#", which no server and no route of ours sees: `/?o=1#job/12/run/3`.
 * The same address as one that a route takes; undefined for all others.
 */
export function withoutHash({ pathname, search, hash }: { pathname: string; search: string; hash: string }): string | undefined {
  return pathname === '/' && /^#\/?jobs?\/\d+/.test(hash) ? `/open?path=${encodeURIComponent(`${pathname}${search}${hash}`)}` : undefined;
}
