// How a page is bundled: addresses are relative, so that the coordinator can serve it below any path, and nothing is inlined that a
// strict policy forbids.

import { fileURLToPath } from 'node:url';
import { compressFiles } from './compress-files.js';

/**
 * The configuration of Vite for the page in a folder (a `file:` URL), built to dist/ under the folder's name. Modules of the folders named in
 * `declaring` only declare things: what is not used of them need not travel.
 */
export function bundlePage(folderUrl, declaring) {
  const folder = fileURLToPath(folderUrl);
  const outDir = fileURLToPath(new URL(`../dist/${new URL(folderUrl).pathname.split('/').at(-2)}`, import.meta.url));
  const pure = new RegExp(`/(${declaring.join('|')})/[^?]*\\.ts$`);
  const bundling = { treeshake: { moduleSideEffects: (id) => !pure.test(id) }, checks: { pluginTimings: false } };
  return {
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
}
