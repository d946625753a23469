import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from './client';
import { closeFeed } from './live';
import type { User } from './types';

/** Who is signed in. */
export interface Session {
  signed_in: boolean;
  user?: User | null;
  teams?: string[] | null;
  version: string;
  server_time: string;
}

/** The session; kept until it changes or a call says 401. */
export const sessionQuery = queryOptions({ queryKey: ['session'], queryFn: () => call<Session>('GET', '/api/yard/v1/session'), staleTime: 5 * 60_000 });

/** The user on pages that only they see. */
export function useUser(): User {
  const { data } = useQuery(sessionQuery);
  return data?.user ?? { name: '', admin: false, created_at: '' };
}

/** Signing in and out. */
export function useSignIn(): { signIn: (name: string, password: string) => Promise<void>; signOut: () => Promise<void> } {
  const client = useQueryClient();
  return {
    signIn: async (name, password) => {
      const session = await call<Session>('POST', '/api/yard/v1/session', { name, password });
      client.clear();
      client.setQueryData(sessionQuery.queryKey, session);
    },
    signOut: async () => {
      await call('DELETE', '/api/yard/v1/session');
      closeFeed();
      client.clear();
    },
  };
}
