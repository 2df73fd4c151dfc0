// Every task there is. Property tests iterate over this list.

import { z } from 'zod';
import { attentionTeacher } from './attention-teacher.js';
import { inContextRegression } from './in-context-regression.js';
import type { BoundTask } from './task.js';

/** The `task` part of the configuration. */
export const taskSchema = z.discriminatedUnion('name', [inContextRegression.schema, attentionTeacher.schema]);
/** A task's name and options, every default filled in. */
export type TaskOptions = z.output<typeof taskSchema>;

/** The tasks by name. */
export const taskNames: readonly TaskOptions['name'][] = ['in-context-regression', 'attention-teacher'];

/** The task that the configuration names, with its options. */
export function bindTask(options: TaskOptions): BoundTask {
  switch (options.name) {
    case 'in-context-regression':
      return inContextRegression.bind(options);
    case 'attention-teacher':
      return attentionTeacher.bind(options);
  }
}

export { attentionTeacher } from './attention-teacher.js';
export { inContextRegression } from './in-context-regression.js';
export { optimalStep, optimalStepLoss, type RegressionLaw } from './gradient-descent.js';
export { drawTeacher, meanSquare, type AttentionLayer } from './teacher.js';
export { targetCount, type BoundTask, type Purpose, type Sample, type TaskShape } from './task.js';
