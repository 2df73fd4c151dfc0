// All experiments, in the paper's order.

import type { Experiment } from './experiment.js';
import { architectures } from './architectures/experiment.js';
import { inContextRegression } from './in-context-regression/experiment.js';
import { recall } from './recall/experiment.js';

/** The experiments that can be reproduced. */
export const experiments: readonly Experiment[] = [inContextRegression, architectures, recall];
