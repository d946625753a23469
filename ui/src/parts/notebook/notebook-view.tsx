import { Alert, Text } from '@mantine/core';
import { AnsiUp } from 'ansi_up';
import { useMemo, useState } from 'react';
import { Code } from '../code';
import MarkdownView from '../markdown-view';
import './notebook.css';
import { readNotebook, type Cell, type Output } from './read';

/** A notebook, to be read: text, code and what the code put out. */
export default function NotebookView({ text }: { text: string }) {
  const read = useMemo(() => {
    try {
      return { notebook: readNotebook(text) };
    } catch (error) {
      return { problem: error instanceof Error ? error.message : String(error) };
    }
  }, [text]);
  if (!read.notebook)
    return (
      <Alert color="red" variant="outline" title="This notebook cannot be shown">
        {read.problem}
      </Alert>
    );
  const { cells, language } = read.notebook;
  if (cells.length === 0) return <Text c="var(--text-muted)">This notebook has no cells.</Text>;
  return (
    <div className="notebook">
      {cells.map((cell, index) => (
        <CellView key={index} cell={cell} language={language} number={index + 1} />
      ))}
    </div>
  );
}

function CellView({ cell, language, number }: { cell: Cell; language: string; number: number }) {
  if (cell.kind === 'markdown') return <MarkdownView text={cell.source} />;
  return (
    <section className="notebook-cell" aria-label={`Cell ${number}`}>
      <div className="notebook-count" aria-hidden>
        [{cell.count ?? ' '}]
      </div>
      <div className="notebook-body">
        {cell.source !== '' && (cell.kind === 'raw' ? <pre className="notebook-text">{cell.source}</pre> : <Code value={cell.source} language={language} label={`Code of cell ${number}`} />)}
        {cell.outputs.map((output, index) => (
          <OutputView key={index} output={output} label={`Output of cell ${number}`} />
        ))}
      </div>
    </section>
  );
}

function OutputView({ output, label }: { output: Output; label: string }) {
  switch (output.kind) {
    case 'text':
      return <AnsiText text={output.text} isError={output.isError} label={label} />;
    case 'image':
      return <img src={output.src} alt={output.alt || label} className="notebook-image" />;
    case 'markdown':
      return <MarkdownView text={output.text} />;
    case 'html':
      return <HtmlFrame html={output.html} title={label} />;
  }
}

function AnsiText({ text, isError, label }: { text: string; isError: boolean; label: string }) {
  const html = useMemo(() => {
    const ansi = new AnsiUp();
    ansi.use_classes = true;
    // It escapes what the text holds itself.
    return ansi.ansi_to_html(text);
  }, [text]);
  return <pre className={`notebook-text${isError ? ' notebook-error' : ''}`} tabIndex={0} aria-label={isError ? `${label}, errors` : label} dangerouslySetInnerHTML={{ __html: html }} />;
}

/** HTML that somebody's code put out: in a frame that runs no scripts, so that it can be measured and do nothing. */
export function HtmlFrame({ html, title }: { html: string; title: string }) {
  const [height, setHeight] = useState(120);
  const page = `<!doctype html><meta charset="utf-8"><base target="_blank"><style>body{margin:8px;font:14px system-ui,sans-serif;background:#fff;color:#111}table{border-collapse:collapse}td,th{padding:2px 8px;border:1px solid #ddd;text-align:right}</style>${html}`;
  return (
    <iframe
      title={title}
      sandbox="allow-same-origin allow-popups"
      srcDoc={page}
      className="notebook-frame"
      style={{ height }}
      onLoad={(event) => {
        const body = event.currentTarget.contentDocument?.documentElement;
        if (body) setHeight(Math.min(Math.max(body.scrollHeight, 24), 700));
      }}
    />
  );
}
