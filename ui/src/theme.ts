import { createTheme, Drawer, Modal, Notification, type MantineColorsTuple } from '@mantine/core';

const rail: MantineColorsTuple = ['#eaf3fd', '#d3e3f5', '#a6c5e9', '#75a6de', '#4e8bd4', '#357acf', '#2670c9', '#175aa8', '#0f4c91', '#003f7d'];

/** One look for all pages: plain, dense, readable. */
export const theme = createTheme({
  primaryColor: 'rail',
  primaryShade: { light: 7, dark: 6 },
  colors: { rail },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, monospace",
  defaultRadius: 'sm',
  cursorType: 'pointer',
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.15rem' }, h3: { fontSize: '1rem' } } },
  components: {
    Modal: Modal.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } }),
    Drawer: Drawer.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } }),
  },
});
