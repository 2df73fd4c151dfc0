// E1: teacher identification (the paper's Table 1 and Fig. 2). Eq. 2 imitates a fixed layer of linear self-attention.

import type { Experiment } from '../experiment.js';
import { concludeIdentification } from './findings.js';
import { identificationMeasurement, measureIdentification, type IdentificationMeasurement } from './measurement.js';

const file = (name: string): string => `teacher-identification/${name}`;

/** E1. */
export const teacherIdentification: Experiment<IdentificationMeasurement> = {
  name: 'E1',
  title: 'teacher identification',
  studies: [
    { file: file('study.yaml'), isTrained: true },
    { file: file('short.yaml'), isTrained: true },
  ],
  quickStudies: [{ file: file('study-quick.yaml'), isTrained: true }],
  measurement: identificationMeasurement,
  measure: measureIdentification,
  conclude: concludeIdentification,
};
