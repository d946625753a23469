import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import { sessionQuery } from '../api/session';
import { ErrorBox, Loading } from '../parts/page';
import { Shell } from '../shell/shell';

/** What routes are given. */
export interface RouterContext {
  client: QueryClient;
}

export const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: Outlet,
  errorComponent: ({ error, reset }) => <ErrorBox error={error} retry={reset} />,
  pendingComponent: () => <Loading />,
});

/** Pages one must be signed in for. */
export const appRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'app',
  component: Shell,
  errorComponent: ({ error, reset }) => <ErrorBox error={error} retry={reset} />,
  beforeLoad: async ({ context, location }) => {
    const session = await context.client.ensureQueryData(sessionQuery);
    if (!session.signed_in) throw redirect({ to: '/signin', search: location.href === '/' ? {} : { to: location.href } });
  },
});

export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/signin',
  validateSearch: (search): { to?: string } => (typeof search.to === 'string' && search.to.startsWith('/') && !search.to.startsWith('//') ? { to: search.to } : {}),
  component: lazyRouteComponent(() => import('../pages/signin/signin'), 'SignIn'),
});
