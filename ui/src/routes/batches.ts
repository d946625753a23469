import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { appRoute } from './root';
import { texts } from './search';

const batches = createRoute({
  getParentRoute: () => appRoute,
  path: '/batches',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/batches/batches'), 'Batches'),
});

const batch = createRoute({
  getParentRoute: () => appRoute,
  path: '/batches/$batchId',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/batches/batch'), 'BatchPage'),
});

export const batchesRoutes = [batches, batch] as const;
