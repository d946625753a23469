import { expect, it } from 'vitest';
import { withPage, type RecentPage } from './recent';

it('keeps the last pages, each once, the last one first', () => {
  let pages: RecentPage[] = [];
  for (const n of [1, 2, 3, 4, 5, 6, 7, 8, 9, 3]) pages = withPage(pages, { href: `/runs/${n}`, title: `Run ${n}` });
  expect(pages.map((page) => page.title)).toEqual(['Run 3', 'Run 9', 'Run 8', 'Run 7', 'Run 6', 'Run 5', 'Run 4', 'Run 2']);
});
