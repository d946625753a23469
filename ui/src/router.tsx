import type { QueryClient } from '@tanstack/react-query';
import { createRouter } from '@tanstack/react-router';
import { homeRoutes } from './routes/home';
import { jobsRoutes } from './routes/jobs';
import { runsRoutes } from './routes/runs';
import { batchesRoutes } from './routes/batches';
import { projectsRoutes } from './routes/projects';
import { settingsRoutes } from './routes/settings';
import { rewrite } from './pages/addresses/rewrites';
import { addressesRoutes } from './routes/addresses';
import { appRoute, rootRoute, signInRoute } from './routes/root';
import { Pending } from './shell/shell';

const tree = rootRoute.addChildren([
  signInRoute,
  appRoute.addChildren([
    ...homeRoutes,
    ...jobsRoutes,
    ...runsRoutes,
    ...batchesRoutes,
    ...projectsRoutes,
    ...settingsRoutes,
    ...addressesRoutes,
  ]),
]);

/** All pages and their addresses. */
export const makeRouter = (client: QueryClient) =>
  createRouter({
    routeTree: tree,
    context: { client },
    defaultPreload: 'intent',
    defaultPendingMs: 300,
    defaultPendingComponent: Pending,
    scrollRestoration: true,
    rewrite,
    // Values of an address stay as they are typed: ids are texts.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => {
      const entries = Object.entries(search).filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '');
      return entries.length > 0 ? `?${new URLSearchParams(entries)}` : '';
    },
  });
