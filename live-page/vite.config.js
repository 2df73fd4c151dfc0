// Bundles the live page: one script and one style, which the coordinator serves, and puts into the report of a run that has ended.

import { bundlePage } from '../toolchain/bundle-page.js';

export default bundlePage(new URL('.', import.meta.url), ['tensor', 'protocol']);
