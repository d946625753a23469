import { Box, Text } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { DiffProps } from './diff-editor';

const Editor = lazy(() => import('./diff-editor'));

/** Two texts and what differs, side by side where there is room. */
export function Diff(props: DiffProps) {
  if (props.a === props.b)
    return (
      <Text size="sm" p="md" c="var(--text-muted)">
        Both are the same.
      </Text>
    );
  return (
    <Suspense fallback={<Box h={300} className="card" aria-busy="true" />}>
      <Editor {...props} />
    </Suspense>
  );
}
