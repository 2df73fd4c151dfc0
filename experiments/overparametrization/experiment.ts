// E2: overparametrization (the paper's Fig. 3A). How many neurons gradient descent needs to find attention.

import { z } from 'zod';
import { evaluateRun } from '../evaluate-run.js';
import type { Experiment } from '../experiment.js';
import { concludeOverparametrization, type OverparametrizationMeasurement } from './findings.js';

const file = (name: string): string => `overparametrization/${name}`;
const sequences = 65_536;

/** E2. */
export const overparametrization: Experiment<OverparametrizationMeasurement> = {
  name: 'E2',
  title: 'overparametrization',
  studies: [
    { file: file('study.yaml'), isTrained: true },
    { file: file('rates.yaml'), isTrained: false },
  ],
  quickStudies: [{ file: file('study-quick.yaml'), isTrained: true }],
  measurement: z.object({ sequences: z.number(), loss: z.number(), normalizedLoss: z.number() }),
  measure: (run) => {
    const { sequences: count, testLoss, normalizedLoss } = evaluateRun(run, { sequences });
    return { sequences: count, loss: testLoss, normalizedLoss };
  },
  conclude: concludeOverparametrization,
};
