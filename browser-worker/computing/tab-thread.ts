// The entry of the page's dedicated worker.

import { expose } from 'comlink';
import { TabWorker } from './tab-worker.js';

expose(TabWorker);
