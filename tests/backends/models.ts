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
};

/** A model on a task. */
export function learnerOf(task: unknown, model: unknown): Learner {
  return createLearner(bindTask(taskSchema.parse(task)), bindModel(modelSchema.parse(model)));
}
