// Bundles the volunteer page for the coordinator, which serves it below any path: addresses are relative.

import { fileURLToPath } from 'node:url';
import { compressFiles } from '../toolchain/compress-files.js';

// Modules of these folders only declare things: what is not used of them need not travel.
const pure = /\/(tensor|protocol|backends|worker)\/[^?]*\.ts$/;
const bundling = { treeshake: { moduleSideEffects: (id) => !pure.test(id) }, checks: { pluginTimings: false } };

const folder = fileURLToPath(new URL('.', import.meta.url));
const outDir = fileURLToPath(new URL('../dist/browser-worker', import.meta.url));

export default {
  root: folder,
  base: './',
  publicDir: false,
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es', rolldownOptions: bundling },
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2023',
    // The page's policy knows neither data: addresses nor inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: bundling,
  },
  plugins: [{ name: 'compress-files', closeBundle: () => compressFiles(outDir) }],
};
