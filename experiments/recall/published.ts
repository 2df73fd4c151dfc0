// Accuracies that others have published, in percent: two layers, vocabulary 20 (induction heads) and 40 (associative recall). Their tasks are not
// ours: single tokens, longer sequences, other budgets. Quoted from a public repository's table.

import type { RecallTask } from './groups.js';

/** An accuracy in percent, by the name that we have for the architecture; ours has none for the last ones. */
export interface PublishedAccuracy {
  readonly published: string;
  /** Our architecture of that kind, if there is one. */
  readonly architecture: string | undefined;
  readonly associativeRecall: number;
  readonly inductionHeads: number | undefined;
}

/** The table. */
export const publishedAccuracies: readonly PublishedAccuracy[] = [
  { published: 'Transformer', architecture: 'softmax attention', associativeRecall: 100, inductionHeads: 97.2 },
  { published: 'H3', architecture: undefined, associativeRecall: 98.2, inductionHeads: 100 },
  { published: 'GILR', architecture: undefined, associativeRecall: 50.2, inductionHeads: 6.2 },
  { published: 'LSTM', architecture: 'LSTM', associativeRecall: 36.2, inductionHeads: 4.8 },
  { published: 'S4D', architecture: undefined, associativeRecall: 32.4, inductionHeads: 8.8 },
  { published: 'RWKV', architecture: undefined, associativeRecall: 30, inductionHeads: 6 },
  { published: 'LRU', architecture: 'LRU, 2 blocks', associativeRecall: 11.6, inductionHeads: 4.8 },
  { published: 'random', architecture: undefined, associativeRecall: 25, inductionHeads: 5 },
];

/** The published accuracy of an architecture on a task. */
export function publishedFor(architecture: string, task: RecallTask): number | undefined {
  const row = publishedAccuracies.find((one) => one.architecture === architecture);
  switch (task) {
    case 'associative-recall':
      return row?.associativeRecall;
    case 'induction-heads':
      return row?.inductionHeads;
    case 'multi-query-recall':
      return undefined;
  }
}
