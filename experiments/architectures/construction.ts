// Networks constructed from a teacher, beside those that are trained to imitate it.

import { wasmBackend } from '../../backends/index.js';
import {
  buildPlan,
  drawTeacher,
  evaluateSerially,
  flatten,
  parseRunConfig,
  type AttentionLayer,
  type TaskOptions,
} from '../../learning/index.js';
import { inputLayout } from '../../tensor/index.js';

/** The task of imitation. */
export type TeacherTask = Extract<TaskOptions, { readonly name: 'attention-teacher' }>;

/** A model and its parameters by name. */
export interface ConstructedNetwork {
  readonly model: { readonly name: string; readonly hidden: number };
  readonly values: ReadonlyMap<string, Float32Array>;
}

/** Weights of one unit, by input. */
export type Row = readonly number[];

/** Units come in pairs, whose difference is what is read. */
export const signs = [1, -1] as const;

/** A row, so many times as large. */
export const scaled = (row: Row, by: number): Row => row.map((x) => x * by);

/** Constructs a network that computes a layer of linear attention. */
export type Construct = (teacher: AttentionLayer) => ConstructedNetwork;

/** The normalized loss of what is constructed from a task's teacher, on held-out sequences. */
export function evaluateConstruction(construct: Construct, task: TeacherTask, sequences: number): number {
  const { model, values } = construct(drawTeacher(task.teacherSeed, task.dimension, task.tokenCount, task.rank));
  const name = `${model.name}-construction`;
  const plan = buildPlan(parseRunConfig({ name, task, model, optimizer: { name: 'sgd' }, evaluation: { sequences } }));
  return evaluateSerially(plan, wasmBackend, flatten(inputLayout(plan.trainProgram), values)).normalizedLoss;
}
