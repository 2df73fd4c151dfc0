// Every task there is.

import { z } from 'zod';
import { associativeRecall } from './associative-recall.js';
import { attentionTeacher } from './attention-teacher.js';
import { functionClass } from './function-class.js';
import { inContextRegression } from './in-context-regression.js';
import { inductionHeads } from './induction-heads.js';
import { multiQueryRecall } from './multi-query-recall.js';
import type { BoundTask } from './task.js';

/** The `task` part of the configuration. */
export const taskSchema = z.discriminatedUnion('name', [
  inContextRegression.schema,
  attentionTeacher.schema,
  associativeRecall.schema,
  multiQueryRecall.schema,
  inductionHeads.schema,
  functionClass.schema,
]);
/** A task's name and options, every default filled in. */
export type TaskOptions = z.output<typeof taskSchema>;

/** The task that the configuration names, with its options. */
export function bindTask(options: TaskOptions): BoundTask {
  switch (options.name) {
    case 'in-context-regression':
      return inContextRegression.bind(options);
    case 'attention-teacher':
      return attentionTeacher.bind(options);
    case 'associative-recall':
      return associativeRecall.bind(options);
    case 'multi-query-recall':
      return multiQueryRecall.bind(options);
    case 'induction-heads':
      return inductionHeads.bind(options);
    case 'function-class':
      return functionClass.bind(options);
  }
}

export { associativeRecall } from './associative-recall.js';
export { attentionTeacher } from './attention-teacher.js';
export { functionClass } from './function-class.js';
export { inContextRegression, regressionLaw } from './in-context-regression.js';
export { inductionHeads } from './induction-heads.js';
export { multiQueryRecall } from './multi-query-recall.js';
export { optimalStep, optimalStepLoss, type PrincipalAxes, type RegressionLaw } from './gradient-descent.js';
export { optimalPreconditioner, preconditionedStepLoss } from './preconditioning.js';
export { drawTeacher, meanSquare, type AttentionLayer } from './teacher.js';
export { targetCount, type BoundTask, type Purpose, type Sample, type TaskShape } from './task.js';
