import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { appRoute } from './root';
import { texts } from './search';

const jobs = createRoute({
  getParentRoute: () => appRoute,
  path: '/jobs',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/jobs/jobs'), 'Jobs'),
});

const newJob = createRoute({
  getParentRoute: () => appRoute,
  path: '/jobs/new',
  component: lazyRouteComponent(() => import('../pages/jobs/new'), 'NewJob'),
});

const newJobOf = createRoute({
  getParentRoute: () => appRoute,
  path: '/jobs/new/$dialect',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/jobs/new-of'), 'NewJobOf'),
});

const job = createRoute({
  getParentRoute: () => appRoute,
  path: '/jobs/$jobId',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/jobs/job'), 'JobPage'),
});

const editJob = createRoute({
  getParentRoute: () => appRoute,
  path: '/jobs/$jobId/edit',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/jobs/edit'), 'EditJob'),
});

export const jobsRoutes = [jobs, newJob, newJobOf, job, editJob] as const;
