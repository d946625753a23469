import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { appRoute } from './root';

const settings = createRoute({
  getParentRoute: () => appRoute,
  path: '/settings',
  component: lazyRouteComponent(() => import('../pages/settings/settings'), 'Settings'),
});

const settingsTab = createRoute({
  getParentRoute: () => appRoute,
  path: '/settings/$tab',
  component: lazyRouteComponent(() => import('../pages/settings/settings'), 'Settings'),
});

const admin = createRoute({
  getParentRoute: () => appRoute,
  path: '/admin',
  component: lazyRouteComponent(() => import('../pages/admin/admin'), 'Admin'),
});

const adminTab = createRoute({
  getParentRoute: () => appRoute,
  path: '/admin/$tab',
  component: lazyRouteComponent(() => import('../pages/admin/admin'), 'Admin'),
});

export const settingsRoutes = [settings, settingsTab, admin, adminTab] as const;
