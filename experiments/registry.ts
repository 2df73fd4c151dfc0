// All experiments, in the paper's order.

import { architectures } from './architectures/experiment.js';
import type { Experiment } from './experiment.js';
import { inContextRegression } from './in-context-regression/experiment.js';
import { overparametrization } from './overparametrization/experiment.js';
import { recall } from './recall/experiment.js';
import { teacherIdentification } from './teacher-identification/experiment.js';

/** The experiments that can be reproduced. */
export const experiments: readonly Experiment[] = [
  teacherIdentification,
  overparametrization,
  inContextRegression,
  architectures,
  recall,
];
