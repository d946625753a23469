import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { python } from '@codemirror/lang-python';
import { sql } from '@codemirror/lang-sql';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, foldGutter, HighlightStyle, indentOnInput, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import { r } from '@codemirror/legacy-modes/mode/r';
import { shell } from '@codemirror/legacy-modes/mode/shell';
import { linter, lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';

/** Something wrong with a text, and where: offsets in characters. */
export interface CodeProblem {
  from: number;
  to: number;
  message: string;
}

export interface CodeProps {
  value: string;
  /** Without it the text is only to be read. */
  onChange?: ((value: string) => void) | undefined;
  /** json, yaml, python, sql, r, sh; anything else is plain. */
  language?: string | undefined;
  problems?: readonly CodeProblem[] | undefined;
  /** A CSS height; without one the text decides, up to 70% of the window. */
  height?: string | number | undefined;
  label: string;
}

const languages: Record<string, () => Extension> = {
  json,
  yaml,
  python,
  sql: () => sql(),
  r: () => StreamLanguage.define(r),
  sh: () => StreamLanguage.define(shell),
};

// CodeMirror's own colours are too pale on white for small letters.
const light = HighlightStyle.define([
  { tag: [tags.keyword, tags.bool, tags.null], color: '#7a0c8f' },
  { tag: [tags.string, tags.special(tags.string)], color: '#a31515' },
  { tag: [tags.number], color: '#0b5c3b' },
  { tag: [tags.propertyName, tags.definition(tags.variableName)], color: '#0a4a9e' },
  { tag: [tags.comment], color: '#5f6672', fontStyle: 'italic' },
  { tag: [tags.function(tags.variableName)], color: '#7a4d00' },
]);

const dark = HighlightStyle.define([
  { tag: [tags.keyword, tags.bool, tags.null], color: '#ff9d76' },
  { tag: [tags.string, tags.special(tags.string)], color: '#9bd48a' },
  { tag: [tags.number], color: '#7cc7ff' },
  { tag: [tags.propertyName, tags.definition(tags.variableName)], color: '#8fb8ff' },
  { tag: [tags.comment], color: '#9aa4b2', fontStyle: 'italic' },
  { tag: [tags.function(tags.variableName)], color: '#e3bd4c' },
]);

const look = EditorView.theme({
  '&': { fontSize: '13px', backgroundColor: 'var(--surface)', color: 'var(--mantine-color-text)', height: '100%' },
  '.cm-content': { fontFamily: 'var(--mantine-font-family-monospace)', caretColor: 'var(--mantine-color-text)' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--text-muted)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--line) 35%, transparent)' },
  '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'color-mix(in srgb, var(--mantine-primary-color-filled) 30%, transparent) !important' },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', color: 'var(--mantine-color-text)', border: '1px solid var(--line)' },
  '.cm-panels': { backgroundColor: 'var(--surface)', color: 'var(--mantine-color-text)' },
});

/** How a text in a language looks, for other views of texts. */
export const reading = (language: string | undefined, isDark: boolean): Extension => [look, languages[language ?? '']?.() ?? [], syntaxHighlighting(isDark ? dark : light)];

export default function CodeEditor({ value, onChange, language, problems, height, label }: CodeProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const change = useRef(onChange);
  const parts = useRef({ language: new Compartment(), scheme: new Compartment(), fixed: new Compartment() });
  const isDark = useComputedColorScheme('light') === 'dark';
  useEffect(() => {
    change.current = onChange;
  });

  useEffect(() => {
    const made = new EditorView({
      parent: place.current!,
      state: EditorState.create({
        doc: value,
        extensions: [
          lineNumbers(),
          foldGutter(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          lintGutter(),
          linter(null),
          // Tab leaves after Escape, as CodeMirror has it, so that the keyboard is not caught.
          keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, indentWithTab]),
          look,
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) change.current?.(update.state.doc.toString());
          }),
          parts.current.language.of(languages[language ?? '']?.() ?? []),
          parts.current.scheme.of([]),
          parts.current.fixed.of([]),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
    // The view lives as long as the component; what changes is sent to it below.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  useEffect(() => {
    const now = view.current!;
    if (now.state.doc.toString() !== value) now.dispatch({ changes: { from: 0, to: now.state.doc.length, insert: value } });
  }, [value]);
  useEffect(() => view.current!.dispatch({ effects: parts.current.language.reconfigure(languages[language ?? '']?.() ?? []) }), [language]);
  useEffect(() => view.current!.dispatch({ effects: parts.current.scheme.reconfigure(syntaxHighlighting(isDark ? dark : light)) }), [isDark]);
  const isFixed = onChange === undefined;
  useEffect(() => view.current!.dispatch({ effects: parts.current.fixed.reconfigure([EditorState.readOnly.of(isFixed), EditorView.editable.of(!isFixed)]) }), [isFixed]);
  useEffect(() => {
    const now = view.current!;
    const length = now.state.doc.length;
    const found = (problems ?? []).map((problem): Diagnostic => ({ from: Math.min(problem.from, length), to: Math.min(Math.max(problem.to, problem.from), length), severity: 'error', message: problem.message }));
    now.dispatch(setDiagnostics(now.state, found));
  }, [problems, value]);

  return <div ref={place} className="card" style={{ height, maxHeight: height === undefined ? '70vh' : undefined, overflow: 'auto' }} />;
}
