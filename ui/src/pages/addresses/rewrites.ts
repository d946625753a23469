/**
 * Pages whose address in the browser is another one than the router's: a Cloudera job's, from which its document derives the
 * URL that starts the job. An address is known here once it was opened; both ways go without asking the server then.
 */
const addresses = new Map<string, string>();
const pages = new Map<string, string>();

/** From now on this page (a path of a route) is shown under this address. */
export function giveAddress(page: string, address: string): void {
  addresses.set(page, address);
  pages.set(address, page);
}

const moved = (known: ReadonlyMap<string, string>, url: URL): URL | undefined => {
  const to = known.get(url.pathname);
  if (to === undefined) return undefined;
  const other = new URL(url);
  other.pathname = to;
  return other;
};

/** For the router: from the browser's address to the page's path, and back. */
export const rewrite = {
  input: ({ url }: { url: URL }): URL | undefined => moved(pages, url),
  output: ({ url }: { url: URL }): URL | undefined => moved(addresses, url),
};

/** Whether a path is that of a Cloudera job's page: /USER/PROJECT/jobs/ID. */
export const isJobAddress = (path: string): boolean => /^\/[^/]+\/[^/]+\/jobs\/[^/]+\/?$/.test(path);
