// A task: a law from which sequences are drawn, and what is to be predicted. The loss of every task is half the squared error.

import type { ProgramBuilder, Value } from '../../tensor/index.js';
import type { z } from 'zod';
import type { ModelShape, OutputPositions } from '../models/model.js';

/** Training draws from the law of training; evaluation from the law of the test. */
export type Purpose = 'train' | 'test';

/** The sizes of a task. */
export interface TaskShape extends ModelShape {
  /** Tokens of a sequence, a query included. */
  readonly tokenCount: number;
  /** Whether every token has a target or the last one only. */
  readonly positions: OutputPositions;
}

/** One sequence: tokens [T, inputDimension] and target [T or 1, outputDimension]. */
export interface Sample {
  readonly tokens: Value;
  readonly target: Value;
  /** What one optimal step of gradient descent predicts, where the task has one; shaped as the target. */
  readonly gradientDescent?: Value;
}

/** A task whose options are known. */
export interface BoundTask {
  readonly shape: TaskShape;
  /** The smallest loss per output that the task's own theory knows, or null. */
  readonly optimum: number | null;
  sample(builder: ProgramBuilder, purpose: Purpose): Sample;
}

/** A task in the registry. */
export interface Task<Name extends string, Schema extends z.ZodObject> {
  readonly name: Name;
  /** Its options in the configuration: strict, with `name` as the discriminating literal. */
  readonly schema: Schema;
  bind(options: z.output<Schema>): BoundTask;
}

/** Types a task by its schema. */
export function defineTask<Name extends string, Schema extends z.ZodObject>(task: Task<Name, Schema>): Task<Name, Schema> {
  return task;
}

/** Targets of one sequence: what its loss is to be divided by to give half the squared error per output. */
export function targetCount({ positions, tokenCount, outputDimension }: TaskShape): number {
  return (positions === 'all' ? tokenCount : 1) * outputDimension;
}
