import DOMPurify from 'dompurify';

/** HTML of a file or of an output, without what could act or reach out: no scripts, no forms, no frames, no styles of pages. */
export const clean = (html: string): string => DOMPurify.sanitize(html, { FORBID_TAGS: ['form', 'input', 'button', 'textarea', 'select', 'style', 'iframe', 'object', 'embed'], FORBID_ATTR: ['id', 'name'] });
