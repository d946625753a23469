import { Box } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { CodeProps } from './code-editor';

const Editor = lazy(() => import('./code-editor'));

/** A text with the colours of its language: to edit, or to read. The editor's code is loaded when it is first shown. */
export function Code(props: CodeProps) {
  return (
    <Suspense fallback={<Box h={props.height ?? 200} className="card" aria-busy="true" />}>
      <Editor {...props} />
    </Suspense>
  );
}

export type { CodeProps, CodeProblem } from './code-editor';
