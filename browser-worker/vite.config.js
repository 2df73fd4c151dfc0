// Bundles the volunteer page and its workers for the coordinator, which serves them.

import { bundlePage } from '../toolchain/bundle-page.js';

export default bundlePage(new URL('.', import.meta.url), ['tensor', 'protocol', 'backends', 'worker']);
