import { MergeView, unifiedMergeView } from '@codemirror/merge';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { useComputedColorScheme } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import { reading } from './code-editor';

export interface DiffProps {
  a: string;
  b: string;
  language?: string | undefined;
  label: string;
}

export default function DiffEditor({ a, b, language, label }: DiffProps) {
  const place = useRef<HTMLDivElement>(null);
  const isDark = useComputedColorScheme('light') === 'dark';
  const isNarrow = useMediaQuery('(max-width: 900px)', false, { getInitialValueInEffect: false });
  useEffect(() => {
    const look = (side: string): Extension => [
      lineNumbers(),
      reading(language, isDark),
      EditorState.readOnly.of(true),
      EditorView.editable.of(false),
      EditorView.lineWrapping,
      // It cannot be edited, but is reached and scrolled by the keyboard.
      EditorView.contentAttributes.of({ 'aria-label': `${label}, ${side}`, tabindex: '0' }),
    ];
    const common = { collapseUnchanged: { margin: 3, minSize: 6 }, diffConfig: { scanLimit: 1000, timeout: 2000 } };
    const view = isNarrow
      ? new EditorView({ parent: place.current!, state: EditorState.create({ doc: b, extensions: [look('both runs'), unifiedMergeView({ original: a, mergeControls: false, ...common })] }) })
      : new MergeView({ parent: place.current!, a: { doc: a, extensions: look('run A') }, b: { doc: b, extensions: look('run B') }, ...common });
    return () => view.destroy();
  }, [a, b, isDark, isNarrow, label, language]);
  return <div ref={place} className="card" style={{ maxHeight: '70vh', overflow: 'auto' }} />;
}
