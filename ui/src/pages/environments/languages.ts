/** Languages an environment may be of, as the server names them and as people do. */
export const languages: Record<string, string> = { python: 'Python', r: 'R', julia: 'Julia', javascript: 'JavaScript' };
