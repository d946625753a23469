import { Box } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { MarkdownProps } from './markdown-view';

const View = lazy(() => import('./markdown-view'));

/** Markdown as a page, cleaned of what could act. Its code is loaded when it is first shown. */
export function Markdown(props: MarkdownProps) {
  return (
    <Suspense fallback={<Box mih={60} aria-busy="true" />}>
      <View {...props} />
    </Suspense>
  );
}
