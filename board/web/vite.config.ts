import { defineConfig } from 'vitest/config';

export default defineConfig({
  build: {
    target: 'es2022',
    // The Content-Security-Policy allows files of this server only: nothing inline, no data:
    // addresses.
    assetsInlineLimit: 0,
    modulePreload: {polyfill: false},
    // What only one page needs comes with it.
    cssCodeSplit: true,
  },
  // `npx vite` shows the page under work with the numbers of a board that runs.
  server: {proxy: {'/api': 'http://127.0.0.1:8353'}},
  test: {include: ['test/**/*.test.ts']},
});
