import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// A server to develop against: YARD_SERVER, or where `./yard serve` listens.
const server = process.env.YARD_SERVER ?? 'http://127.0.0.1:8484';

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    // A data: address is refused for scripts and needs no exception for fonts.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  server: {
    // The demo's job is read from the examples.
    fs: { allow: ['..'] },
    proxy: Object.fromEntries(
      ['/api', '/async', '/catch', '/store', '/rest-server', '/login', '/metrics'].map((path) => [path, { target: server, changeOrigin: false }]),
    ),
  },
  // As long as a busy machine may take.
  test: { testTimeout: 60_000, environment: 'node', include: ['src/**/*.test.{ts,tsx}'] },
});
