// Bundles the live page: one script and one style, which the coordinator serves, and puts into the report of a run that has ended.

import { fileURLToPath } from 'node:url';
import { compressFiles } from '../toolchain/compress-files.js';

// Modules of these folders only declare things: what is not used of them need not travel.
const pure = /\/(tensor|protocol)\/[^?]*\.ts$/;

const folder = fileURLToPath(new URL('.', import.meta.url));
const outDir = fileURLToPath(new URL('../dist/live-page', import.meta.url));

export default {
  root: folder,
  base: './',
  publicDir: false,
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2023',
    // The page's policy knows neither data: addresses nor inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { treeshake: { moduleSideEffects: (id) => !pure.test(id) }, checks: { pluginTimings: false } },
  },
  plugins: [{ name: 'compress-files', closeBundle: () => compressFiles(outDir) }],
};
