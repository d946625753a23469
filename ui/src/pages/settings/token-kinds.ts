import type { Token } from '../../api/types';

/** Whether a token is a browser's session: the server names them so. */
export const isSession = (token: Pick<Token, 'name'>): boolean => /^web \d{4}-\d\d-\d\d \d\d:\d\d/.test(token.name);

/** What people call it: a session's own name is only its time. */
export const nameOf = (token: Pick<Token, 'name'>): string => (isSession(token) ? 'Web app' : token.name);

/** A command that uses what was made. */
export const lineFor = (made: { token: string; client_id?: string | null } | undefined): string =>
  !made
    ? ''
    : made.client_id
      ? `curl -u '${made.client_id}:${made.token}' -d grant_type=client_credentials -d scope=all-apis ${location.origin}/oidc/v1/token`
      : `curl -H 'Authorization: Bearer ${made.token}' ${location.origin}/api/yard/v1/me`;
