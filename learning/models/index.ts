// Every model there is. Property tests iterate over this list.

import { z } from 'zod';
import { deltaNet } from './delta-net.js';
import { denseGatedRnn } from './dense-gated-rnn.js';
import { gatedLinearAttention } from './gated-linear-attention.js';
import { gatedRnn } from './gated-rnn.js';
import { gru } from './gru.js';
import { linearAttention } from './linear-attention.js';
import { lru } from './lru.js';
import { lstm } from './lstm.js';
import { rgLru } from './rg-lru.js';
import { selectiveSsm } from './selective-ssm.js';
import { sideGatedRnn } from './side-gated-rnn.js';
import { softmaxAttention } from './softmax-attention.js';
import { windowedGatedRnn } from './windowed-gated-rnn.js';
import type { BoundModel } from './model.js';

/** The `model` part of the configuration. */
export const modelSchema = z.discriminatedUnion('name', [
  gatedRnn.schema,
  sideGatedRnn.schema,
  denseGatedRnn.schema,
  windowedGatedRnn.schema,
  linearAttention.schema,
  softmaxAttention.schema,
  gatedLinearAttention.schema,
  deltaNet.schema,
  lru.schema,
  rgLru.schema,
  selectiveSsm.schema,
  lstm.schema,
  gru.schema,
]);
/** A model's name and options, every default filled in. */
export type ModelOptions = z.output<typeof modelSchema>;

/** The models by name. */
export const modelNames: readonly ModelOptions['name'][] = [
  'gated-rnn',
  'side-gated-rnn',
  'dense-gated-rnn',
  'windowed-gated-rnn',
  'linear-attention',
  'softmax-attention',
  'gated-linear-attention',
  'delta-net',
  'lru',
  'rg-lru',
  'selective-ssm',
  'lstm',
  'gru',
];

/** The model that the configuration names, with its options. */
export function bindModel(options: ModelOptions): BoundModel {
  switch (options.name) {
    case 'gated-rnn':
      return gatedRnn.bind(options);
    case 'side-gated-rnn':
      return sideGatedRnn.bind(options);
    case 'dense-gated-rnn':
      return denseGatedRnn.bind(options);
    case 'windowed-gated-rnn':
      return windowedGatedRnn.bind(options);
    case 'linear-attention':
      return linearAttention.bind(options);
    case 'softmax-attention':
      return softmaxAttention.bind(options);
    case 'gated-linear-attention':
      return gatedLinearAttention.bind(options);
    case 'delta-net':
      return deltaNet.bind(options);
    case 'lru':
      return lru.bind(options);
    case 'rg-lru':
      return rgLru.bind(options);
    case 'selective-ssm':
      return selectiveSsm.bind(options);
    case 'lstm':
      return lstm.bind(options);
    case 'gru':
      return gru.bind(options);
  }
}

export { deltaNet } from './delta-net.js';
export { denseGatedRnn } from './dense-gated-rnn.js';
export { gatedLinearAttention } from './gated-linear-attention.js';
export { gatedRnn } from './gated-rnn.js';
export { gru } from './gru.js';
export { linearAttention } from './linear-attention.js';
export { lru } from './lru.js';
export { lstm } from './lstm.js';
export { rgLru } from './rg-lru.js';
export { selectiveSsm } from './selective-ssm.js';
export { sideGatedRnn } from './side-gated-rnn.js';
export { softmaxAttention } from './softmax-attention.js';
export { windowedGatedRnn } from './windowed-gated-rnn.js';
export type { BoundModel, ModelContext, ModelShape, OutputPositions } from './model.js';
