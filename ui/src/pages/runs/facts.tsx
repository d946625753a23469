import { Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** Names and what they are, one below the other; what is empty is left out. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {facts
        .filter(([, value]) => value !== undefined && value !== null && value !== '' && value !== false)
        .map(([name, value]) => (
          <div key={name}>
            <Text component="dt" size="sm" c="var(--text-muted)">
              {name}
            </Text>
            <Text component="dd" size="sm" className="breaks" m={0}>
              {value}
            </Text>
          </div>
        ))}
    </dl>
  );
}

/** A longer text as it is, scrolled within its place. */
export function Verbatim({ children, label, tone }: { children: string; label: string; tone?: 'error' | undefined }) {
  return (
    <pre className={`verbatim${tone === 'error' ? ' verbatim-error' : ''}`} tabIndex={0} role="region" aria-label={label}>
      {children}
    </pre>
  );
}
