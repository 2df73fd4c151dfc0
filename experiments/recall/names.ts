// Tasks and groups in words, for tables and figures.

import type { RecallGroup, RecallTask } from './groups.js';

/** Names of tasks. */
export const taskTitles: Readonly<Record<RecallTask, string>> = {
  'associative-recall': 'associative recall',
  'multi-query-recall': 'MQAR',
  'induction-heads': 'induction heads',
};

/** `LSTM (64)`. */
export const groupName = ({ architecture, size }: Pick<RecallGroup, 'architecture' | 'size'>): string =>
  size === null ? architecture : `${architecture} (${size})`;
