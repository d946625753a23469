import { Marked } from 'marked';
import { useMemo } from 'react';
import { clean } from './clean';
import './markdown.css';

export interface MarkdownProps {
  text: string;
  /** Where a relative link or image leads; without it they are left as they are. */
  resolve?: ((href: string, isImage: boolean) => string) | undefined;
}

const isRelative = (href: string): boolean => !/^([a-z][a-z0-9+.-]*:|\/\/|#|\/)/i.test(href);

export default function MarkdownView({ text, resolve }: MarkdownProps) {
  const html = useMemo(() => {
    const marked = new Marked({ gfm: true, async: false });
    if (resolve)
      marked.use({
        walkTokens: (token) => {
          if ((token.type === 'link' || token.type === 'image') && typeof token.href === 'string' && isRelative(token.href)) token.href = resolve(token.href, token.type === 'image');
        },
      });
    // A page has one first heading, which is ours.
    const shifted = (marked.parse(text) as string).replace(/<(\/?)h([1-5])>/g, (_, end: string, level: string) => `<${end}h${Number(level) + 1}>`);
    return clean(shifted);
  }, [text, resolve]);
  return <div className="markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}
