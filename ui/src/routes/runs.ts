import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { appRoute } from './root';
import { texts } from './search';

const runs = createRoute({
  getParentRoute: () => appRoute,
  path: '/runs',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/runs/runs'), 'Runs'),
});

const run = createRoute({
  getParentRoute: () => appRoute,
  path: '/runs/$runId',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/runs/run'), 'RunPage'),
});

const runPipeline = createRoute({
  getParentRoute: () => appRoute,
  path: '/runs/$runId/pipeline',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/runs/pipeline'), 'RunPipeline'),
});

const attempt = createRoute({
  getParentRoute: () => appRoute,
  path: '/attempts/$attemptId',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/runs/attempt'), 'AttemptPage'),
});

const compare = createRoute({
  getParentRoute: () => appRoute,
  path: '/compare',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/runs/compare'), 'Compare'),
});

export const runsRoutes = [runs, run, runPipeline, attempt, compare] as const;
