import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { appRoute } from './root';
import { texts } from './search';

const projects = createRoute({
  getParentRoute: () => appRoute,
  path: '/projects',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/projects/projects'), 'Projects'),
});

const project = createRoute({
  getParentRoute: () => appRoute,
  path: '/projects/$owner/$slug',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/projects/project'), 'ProjectPage'),
});

const projectJobs = createRoute({
  getParentRoute: () => appRoute,
  path: '/projects/$owner/$slug/jobs',
  component: lazyRouteComponent(() => import('../pages/projects/jobs'), 'ProjectJobs'),
});

const projectFiles = createRoute({
  getParentRoute: () => appRoute,
  path: '/projects/$owner/$slug/files/$',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/projects/files'), 'ProjectFiles'),
});

const projectSettings = createRoute({
  getParentRoute: () => appRoute,
  path: '/projects/$owner/$slug/settings',
  component: lazyRouteComponent(() => import('../pages/projects/settings'), 'ProjectSettings'),
});

const pipelines = createRoute({
  getParentRoute: () => appRoute,
  path: '/pipelines',
  component: lazyRouteComponent(() => import('../pages/pipelines/pipelines'), 'Pipelines'),
});

const pipeline = createRoute({
  getParentRoute: () => appRoute,
  path: '/pipelines/$owner/$slug/$',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/pipelines/pipeline'), 'PipelinePage'),
});

const environments = createRoute({
  getParentRoute: () => appRoute,
  path: '/environments',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/environments/environments'), 'Environments'),
});

const environment = createRoute({
  getParentRoute: () => appRoute,
  path: '/environments/$owner/$slug/$environmentId',
  component: lazyRouteComponent(() => import('../pages/environments/environment'), 'EnvironmentPage'),
});

export const projectsRoutes = [projects, project, projectJobs, projectFiles, projectSettings, pipelines, pipeline, environments, environment] as const;
