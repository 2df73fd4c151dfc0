// What is trained: fixed sizes, so that results can be compared from machine to machine and with what others measured.
//
//   W1  gated RNN (Eq. 2), d = 6, n = 80, T = 13       W3  one layer of attention at the sizes of W1 and W2
//   W2  the same, d = 64, n = 512, T = 64              and three further programs that nothing was tuned for
//
// `last`: output layer and loss at the last token only; `all`: at every token. Forward, backward and Adam.

/** Sizes of a workload: d inputs, o outputs, T tokens, sequences of one step. */
interface WorkloadSizes {
  readonly name: string;
  readonly inputDimension: number;
  readonly outputDimension: number;
  readonly tokenCount: number;
  readonly batchSize: number;
  readonly positions: 'last' | 'all';
}

/** A recurrent network with n hidden neurons. */
export interface RecurrentWorkload extends WorkloadSizes {
  readonly type: 'recurrent';
  readonly model: 'gated-rnn' | 'side-gated-rnn' | 'lstm';
  readonly hidden: number;
  readonly layers: number;
}

/** One layer of self-attention with queries, keys and values of the input's size, and a readout. */
export interface AttentionWorkload extends WorkloadSizes {
  readonly type: 'attention';
  readonly model: 'linear-attention' | 'softmax-attention';
}

/** A workload of any kind. */
export type Workload = RecurrentWorkload | AttentionWorkload;

const w1 = { inputDimension: 6, outputDimension: 3, tokenCount: 13, batchSize: 2048 } as const;
const w2 = { inputDimension: 64, outputDimension: 32, tokenCount: 64, batchSize: 256 } as const;
const gated = { type: 'recurrent', model: 'gated-rnn', layers: 1 } as const;
const linear = { type: 'attention', model: 'linear-attention', positions: 'all' } as const;
const softmax = { type: 'attention', model: 'softmax-attention', positions: 'all' } as const;

/** The workloads that others are measured on too. */
export const comparedWorkloads: readonly Workload[] = [
  { name: 'W1-last', ...gated, ...w1, hidden: 80, positions: 'last' },
  { name: 'W1-all', ...gated, ...w1, hidden: 80, positions: 'all' },
  { name: 'W2-last', ...gated, ...w2, hidden: 512, positions: 'last' },
  { name: 'W2-all', ...gated, ...w2, hidden: 512, positions: 'all' },
  { name: 'W3-small-linear', ...linear, ...w1 },
  { name: 'W3-small-softmax', ...softmax, ...w1 },
  { name: 'W3-large-linear', ...linear, ...w2 },
  { name: 'W3-large-softmax', ...softmax, ...w2 },
];

/** Programs that no kernel was written for. */
export const furtherWorkloads: readonly RecurrentWorkload[] = [
  { name: 'side-gated', ...gated, ...w1, model: 'side-gated-rnn', hidden: 96, positions: 'all', batchSize: 512 },
  { name: 'two-layer', ...gated, ...w1, hidden: 80, layers: 2, positions: 'all', batchSize: 512 },
  { name: 'lstm', ...gated, ...w1, model: 'lstm', hidden: 64, tokenCount: 32, positions: 'all', batchSize: 512 },
];

/** The workload of this name. */
export function workloadNamed(name: string): Workload {
  const found = [...comparedWorkloads, ...furtherWorkloads].find((workload) => workload.name === name);
  if (found === undefined) throw new RangeError(`Cannot find workload: "${name}" found, one of the list wanted`);
  return found;
}
