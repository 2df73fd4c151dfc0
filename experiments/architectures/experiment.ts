// E4: architectures (the paper's Fig. 4). Imitation of attention and regression in context, against size.

import type { Experiment } from '../experiment.js';
import { concludeArchitectures } from './findings.js';
import { architectureMeasurement, measureArchitecture, type ArchitectureMeasurement } from './measurement.js';

const trained = (name: string) => ({ file: `architectures/${name}.yaml`, isTrained: true });

/** E4. */
export const architectures: Experiment<ArchitectureMeasurement> = {
  name: 'E4',
  title: 'architectures',
  studies: [
    'rates',
    'rates-high',
    'rates-lru',
    'rates-lru-low',
    'rates-lru-lower',
    'rates-lru-blocks',
    'rates-lru-blocks-low',
    'rates-lru-longer',
    'rates-lru-imitation-longer',
    'seeds',
    'seeds-high',
    'lru-imitation',
    'lru-regression',
    'lru-regression-input',
    'lru-regression-blocks',
    'lru-imitation-blocks',
    'lru-longer',
    'lru-input-longer',
    'lru-blocks-longer',
    'lru-imitation-longer',
    'sizes',
    'sizes-gated',
  ].map(trained),
  quickStudies: [trained('quick')],
  measurement: architectureMeasurement,
  measure: measureArchitecture,
  conclude: concludeArchitectures,
};
