import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { appRoute } from './root';

const home = createRoute({
  getParentRoute: () => appRoute,
  path: '/',
  component: lazyRouteComponent(() => import('../pages/home/home'), 'Home'),
});

export const homeRoutes = [home] as const;
