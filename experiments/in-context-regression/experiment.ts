// E3: in-context linear regression (the paper's Fig. 3B and Table 2). Eq. 2 and linear attention learn one step of gradient descent.

import type { Experiment } from '../experiment.js';
import { concludeRegression } from './findings.js';
import { measureRegression, regressionMeasurement, type RegressionMeasurement } from './measurement.js';

const file = (name: string): string => `in-context-regression/${name}`;

/** E3. */
export const inContextRegression: Experiment<RegressionMeasurement> = {
  name: 'E3',
  title: 'in-context linear regression',
  studies: [
    { file: file('study.yaml'), isTrained: true },
    { file: file('sizes.yaml'), isTrained: true },
    { file: file('rates.yaml'), isTrained: false },
  ],
  quickStudies: [{ file: file('study-quick.yaml'), isTrained: true }],
  measurement: regressionMeasurement,
  measure: measureRegression,
  conclude: concludeRegression,
};
