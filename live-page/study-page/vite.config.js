// Bundles the live page of a study: one script and one style, as for a run, because the page is left as one file too.

import { bundlePage } from '../../toolchain/bundle-page.js';

export default bundlePage(new URL('.', import.meta.url), ['tensor', 'protocol']);
