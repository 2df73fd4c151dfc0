// E5: associative recall, MQAR and induction heads. Which layers solve them within one budget.

import type { Experiment } from '../experiment.js';
import { concludeRecall } from './findings.js';
import { measureRecall, recallMeasurement, type RecallMeasurement } from './measurement.js';

const trained = (name: string) => ({ file: `recall/${name}.yaml`, isTrained: true });

/** E5. */
export const recall: Experiment<RecallMeasurement> = {
  name: 'E5',
  title: 'associative recall',
  studies: [
    'associative-recall-step',
    'associative-recall-rates',
    'associative-recall-rates-lru',
    'associative-recall-seeds',
    'associative-recall-seeds-lru',
    'associative-recall-sizes',
    'multi-query-recall-rates',
    'multi-query-recall-rates-lru',
    'multi-query-recall-seeds',
    'induction-heads-rates',
    'induction-heads-rates-lru',
  ].map(trained),
  quickStudies: [trained('quick')],
  measurement: recallMeasurement,
  measure: measureRecall,
  conclude: concludeRecall,
};
