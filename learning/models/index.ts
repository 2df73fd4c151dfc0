// Every model there is. Property tests iterate over this list.

import { z } from 'zod';
import { gatedRnn } from './gated-rnn.js';
import { linearAttention } from './linear-attention.js';
import { lstm } from './lstm.js';
import type { BoundModel } from './model.js';
import { sideGatedRnn } from './side-gated-rnn.js';
import { softmaxAttention } from './softmax-attention.js';

/** The `model` part of the configuration. */
export const modelSchema = z.discriminatedUnion('name', [
  gatedRnn.schema,
  sideGatedRnn.schema,
  linearAttention.schema,
  softmaxAttention.schema,
  lstm.schema,
]);
/** A model's name and options, every default filled in. */
export type ModelOptions = z.output<typeof modelSchema>;

/** The models by name. */
export const modelNames: readonly ModelOptions['name'][] = [
  'gated-rnn',
  'side-gated-rnn',
  'linear-attention',
  'softmax-attention',
  'lstm',
];

/** The model that the configuration names, with its options. */
export function bindModel(options: ModelOptions): BoundModel {
  switch (options.name) {
    case 'gated-rnn':
      return gatedRnn.bind(options);
    case 'side-gated-rnn':
      return sideGatedRnn.bind(options);
    case 'linear-attention':
      return linearAttention.bind(options);
    case 'softmax-attention':
      return softmaxAttention.bind(options);
    case 'lstm':
      return lstm.bind(options);
  }
}

export { gatedRnn } from './gated-rnn.js';
export { linearAttention } from './linear-attention.js';
export { lstm } from './lstm.js';
export { sideGatedRnn } from './side-gated-rnn.js';
export { softmaxAttention } from './softmax-attention.js';
export type { BoundModel, ModelContext, ModelShape, OutputPositions } from './model.js';
