/** A page that was open lately. */
export interface RecentPage {
  href: string;
  title: string;
}

const key = 'switchyard-recent';
const most = 8;

/** Puts a page before the others; each is there once. */
export const withPage = (pages: readonly RecentPage[], page: RecentPage): RecentPage[] => [page, ...pages.filter((one) => one.href !== page.href)].slice(0, most);

/** Pages that were open lately in this browser, the last one first. */
export function recentPages(): RecentPage[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(kept) ? kept.filter((one): one is RecentPage => typeof (one as RecentPage | null)?.href === 'string' && typeof (one as RecentPage).title === 'string') : [];
  } catch {
    return [];
  }
}

/** Notes that a page is open. */
export function notePage(page: RecentPage): void {
  try {
    localStorage.setItem(key, JSON.stringify(withPage(recentPages(), page)));
  } catch {
    // Without storage there are no recent pages.
  }
}

/** Forgets them, when signing out. */
export const forgetPages = (): void => localStorage.removeItem(key);
