// What an architecture is called in tables and figures, how large it is, and which learning-rate sweep speaks for it.

import type { ModelOptions, RunConfig } from '../../learning/index.js';

type AnyModel = RunConfig['model'];

const names: Readonly<Record<ModelOptions['name'], string>> = {
  'gated-rnn': 'Eq. 2',
  'side-gated-rnn': 'side gating',
  'dense-gated-rnn': 'Eq. 2, dense',
  'windowed-gated-rnn': 'windowed side gating',
  'linear-attention': 'LSA',
  'softmax-attention': 'softmax attention',
  'gated-linear-attention': 'gated linear attention',
  'delta-net': 'DeltaNet',
  lru: 'LRU',
  'rg-lru': 'RG-LRU',
  'selective-ssm': 'selective SSM',
  lstm: 'LSTM',
  gru: 'GRU',
};

const feedforwards = { glu: '', mlp: 'MLP for GLU', side: 'side gating for GLU' } as const;

/** The experiments are about models of the repository. Throws RangeError for a plugin's. */
function builtIn(model: AnyModel): ModelOptions {
  if (Object.hasOwn(names, model.name)) return model as ModelOptions;
  throw new RangeError(`Cannot compare architectures: model ${model.name} found, one of ${Object.keys(names).join(', ')} wanted`);
}

/** The name of an architecture, its variant included and its size not: `LRU, input GLU, 2 blocks`. */
export function architectureOf(any: AnyModel): string {
  const model = builtIn(any);
  const parts = model.name === 'lru' ? [model.inputGlu ? 'input GLU' : '', feedforwards[model.feedforward]] : [];
  const layers = model.layers === 1 ? '' : `${model.layers} ${model.name === 'lru' ? 'blocks' : 'layers'}`;
  return [names[model.name], ...parts, layers].filter((part) => part !== '').join(', ');
}

/** Hidden neurons, channels, or the size of values; null where it follows from the task. */
export function sizeOf(any: AnyModel): number | null {
  const model = builtIn(any);
  if ('hidden' in model) return model.hidden;
  if ('channels' in model) return model.channels;
  return model.valueDimension;
}

/** The architecture whose sweep a model's learning rate is taken from: an LRU's MLP takes that of its GLU. */
export function sweptArchitecture(any: AnyModel): string {
  const model = builtIn(any);
  return architectureOf(model.name === 'lru' ? { ...model, feedforward: 'glu' } : model);
}
