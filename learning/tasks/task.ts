// A task: a law from which sequences are drawn, and what is to be predicted. Its loss is half the squared error, or, where targets are
// classes, the cross-entropy.

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
  /** Tokens of a sequence that are to be classified; undefined where outputs are numbers. */
  readonly classifiedTokens?: number;
}

/** One sequence: tokens [T, inputDimension] and target [T or 1, outputDimension]. */
export interface Sample {
  readonly tokens: Value;
  /** Numbers; or one-hot classes, whose scores the model's outputs are. */
  readonly target: Value;
  /** With classes: 1 for a token that is to be classified, 0 for the others: [T or 1, 1]. */
  readonly weights?: Value;
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

/** Targets of one sequence: what its loss is to be divided by to give half the squared error per output, or nats per class. */
export function targetCount({ positions, tokenCount, outputDimension, classifiedTokens }: TaskShape): number {
  return classifiedTokens ?? (positions === 'all' ? tokenCount : 1) * outputDimension;
}
