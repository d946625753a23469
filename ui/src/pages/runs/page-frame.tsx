/**
 * A page that a task made, such as an executed notebook, in a frame that has no origin and runs no scripts: it can
 * neither read this page nor ask the server for anything.
 */
export function PageFrame({ html, label, height = '70vh' }: { html: string; label: string; height?: string | number }) {
  return <iframe className="card page-frame" title={label} sandbox="" srcDoc={html} style={{ height }} />;
}
