import { memo, type ReactNode } from 'react';
import { spansOf, type Span } from './ansi';

/** A longer line is shown so far: thousands of letters in a row help nobody, and slow the page. */
const mostLetters = 4_000;

/** One line of a log. */
export const LogRow = memo(function LogRow({
  line, text, isChosen, needle, digits, href, onChoose,
}: { line: number; text: string | undefined; isChosen: boolean; needle: string; digits: number; href: string; onChoose: (line: number) => void }) {
  return (
    <div className={`log-row${isChosen ? ' log-chosen' : ''}`} data-line={line} aria-current={isChosen ? 'location' : undefined}>
      <a
        className="log-number"
        href={href}
        tabIndex={-1}
        aria-label={`Line ${line + 1}`}
        style={{ minWidth: `calc(${digits}ch + 18px)` }}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          onChoose(line);
        }}
      >
        {line + 1}
      </a>
      <span className="log-text">{text === undefined ? '\u00a0' : <Letters text={text} needle={needle} />}</span>
    </div>
  );
});

function Letters({ text, needle }: { text: string; needle: string }) {
  const shown = text.length > mostLetters ? text.slice(0, mostLetters) : text;
  return (
    <>
      {spansOf(shown).map((span, index) => (
        <Stretch key={index} span={span} needle={needle} />
      ))}
      {text.length > mostLetters && <em> … {(text.length - mostLetters).toLocaleString()} more characters; download the log to see them</em>}
    </>
  );
}

function Stretch({ span, needle }: { span: Span; needle: string }) {
  const content = needle === '' ? span.text : marked(span.text, needle);
  if (span.look === '' && !span.color && !span.background) return content;
  return (
    <span className={span.look || undefined} style={span.color || span.background ? { color: span.color, backgroundColor: span.background } : undefined}>
      {content}
    </span>
  );
}

function marked(text: string, needle: string): ReactNode {
  const low = text.toLowerCase();
  const wanted = needle.toLowerCase();
  const parts: ReactNode[] = [];
  let at = 0;
  for (let found = low.indexOf(wanted); found >= 0; found = low.indexOf(wanted, at)) {
    parts.push(text.slice(at, found), <mark key={found}>{text.slice(found, found + needle.length)}</mark>);
    at = found + needle.length;
  }
  parts.push(text.slice(at));
  return parts;
}
