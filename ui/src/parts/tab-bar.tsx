import { createLink } from '@tanstack/react-router';
import type { ComponentProps, ReactNode } from 'react';
import './tab-bar.css';

/** Pages that belong together, as tabs whose choice stands in the address. */
export function TabBar({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav aria-label={label} className="tab-bar">
      {children}
    </nav>
  );
}

/** A tab of a {@link TabBar}. */
export const TabLink = createLink((props: ComponentProps<'a'>) => <a {...props} className="tab-link" />);
