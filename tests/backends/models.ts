// The models and tasks whose gradient programs the compilers are tested on, in small.

import { bindModel, bindTask, createLearner, modelSchema, taskSchema, type Learner } from '../../learning/index.js';

/** In-context linear regression. */
export const regression = { name: 'in-context-regression', contextLength: 6, inputDimension: 3, outputDimension: 2, noise: 0.1 };
/** Sequences that an attention layer has labeled. */
export const teacher = { name: 'attention-teacher' };

/** Models by what they are. */
export const models: Readonly<Record<string, unknown>> = {
  'gated RNN': { name: 'gated-rnn', hidden: 12 },
  'gated RNN of odd size': { name: 'gated-rnn', hidden: 7 },
  'two layers of gated RNN': { name: 'gated-rnn', hidden: 10, layers: 2 },
  'side-gated RNN': { name: 'side-gated-rnn', hidden: 9 },
  'linear attention': { name: 'linear-attention' },
  'softmax attention': { name: 'softmax-attention' },
  LSTM: { name: 'lstm', hidden: 6 },
  'two layers of LSTM': { name: 'lstm', hidden: 5, layers: 2, embedding: 4 },
  GRU: { name: 'gru', hidden: 6 },
  'dense gated RNN': { name: 'dense-gated-rnn', hidden: 6 },
  'windowed gated RNN': { name: 'windowed-gated-rnn', hidden: 6 },
  'heads of softmax attention': { name: 'softmax-attention', heads: 2, keyDimension: 4, valueDimension: 6 },
  'gated linear attention': { name: 'gated-linear-attention', keyDimension: 3, valueDimension: 5 },
  DeltaNet: { name: 'delta-net', keyDimension: 3, valueDimension: 5 },
  LRU: { name: 'lru', hidden: 6, inputGlu: true },
  'RG-LRU': { name: 'rg-lru', hidden: 6 },
  'two selective layers with all around them': {
    ...{ name: 'selective-ssm', channels: 5, states: 2, layers: 2, embedding: 6 },
    ...{ normalization: 'layer', skip: true, convolution: 3, readout: true },
  },
};

/** A model on a task. */
export function learnerOf(task: unknown, model: unknown): Learner {
  return createLearner(bindTask(taskSchema.parse(task)), bindModel(modelSchema.parse(model)));
}
