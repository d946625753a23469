import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@fontsource-variable/inter';
import '@fontsource-variable/jetbrains-mono';
import './style.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider, QueryCache } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiError } from './api/client';
import { sessionQuery } from './api/session';
import { withoutHash } from './pages/addresses/where';
import { makeRouter } from './router';
import { theme } from './theme';

const client = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      // Signed out elsewhere, or the session's time is over: the guard of the pages asks anew.
      if (error instanceof ApiError && error.status === 401 && query.queryKey[0] !== 'session') {
        client.setQueryData(sessionQuery.queryKey, (kept) => (kept ? { ...kept, signed_in: false } : kept));
        void router.invalidate();
      }
    },
  }),
  defaultOptions: {
    queries: {
      networkMode: 'always',
      staleTime: 2_000,
      refetchOnWindowFocus: false,
      // A server that restarts is waited for; a refusal is final.
      retry: (count, error) => error instanceof ApiError && error.isAway && count < 60,
      retryDelay: (count) => Math.min(500 * 2 ** count, 5_000),
    },
    mutations: { networkMode: 'always' },
  },
});

// Addresses of Databricks runs stand behind a "#"; before the router looks, so that signing in on the way keeps them.
const moved = withoutHash(location);
if (moved) history.replaceState(null, '', moved);

const router = makeRouter(client);

window.addEventListener('hashchange', () => {
  const to = withoutHash(location);
  if (to) void router.navigate({ href: to, replace: true });
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <Notifications position="bottom-right" />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
