import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { appRoute } from './root';
import { texts } from './search';

const clouderaJob = createRoute({
  getParentRoute: () => appRoute,
  path: '/$user/$project/jobs/$jobId',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/addresses/address'), 'Address'),
});

const anywhere = createRoute({
  getParentRoute: () => appRoute,
  path: '/$',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/addresses/address'), 'Address'),
});

export const addressesRoutes = [clouderaJob, anywhere] as const;
