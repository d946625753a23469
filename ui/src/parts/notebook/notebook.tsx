import { lazy, Suspense } from 'react';
import { Loading } from '../page';

const View = lazy(() => import('./notebook-view'));

/** A notebook (.ipynb), to be read. Its code is loaded when it is first shown. */
export function NotebookPage({ text }: { text: string }) {
  return (
    <Suspense fallback={<Loading rows={4} height={80} />}>
      <View text={text} />
    </Suspense>
  );
}
