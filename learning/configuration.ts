// The configuration of a run: one strict schema, nested by concern, parsed once at the edge. Every field is described here and
// nowhere else; docs/configuration.md and --help are made from it.

import { z } from 'zod';
import { configurationError } from './configuration-error.js';
import { curriculumSchema, stageTasks } from './curriculum.js';
import { modelSchema, type ModelOptions } from './models/index.js';
import { optimizerSchema } from './optimizers/index.js';
import type { PluginOptions } from './plugin.js';
import { taskSchema, type TaskOptions } from './tasks/index.js';

const trainingSchema = z
  .strictObject({
    steps: z.int().min(0).max(1e9).default(1000).describe('optimizer steps of the run'),
    microbatchSize: z.int().min(8).max(4096).multipleOf(8).default(64).describe('sequences of a microbatch, a multiple of 8'),
    microbatches: z.int().min(1).max(65536).default(8).describe('microbatches of a step: the leaves of its reduction tree'),
    clip: z.number().positive().max(1e9).nullable().default(1).describe('largest global norm of the gradient; null: no clipping'),
    digestEvery: z.int().min(1).max(1e9).default(1).describe('steps between entries of the trajectory'),
    checkpointEvery: z.int().min(1).max(1e9).default(1000).describe('steps between checkpoints'),
    keepCheckpoints: z.int().min(1).max(1e6).default(3).describe('checkpoints kept, the newest ones'),
    keepCheckpointEvery: z
      .int()
      .min(1)
      .max(1e9)
      .nullable()
      .default(null)
      .describe('checkpoints kept beside them: those of steps that are multiples of this'),
    curriculum: curriculumSchema,
  })
  .prefault({})
  .describe('how long, and in what portions');

const evaluationSchema = z
  .strictObject({
    every: z
      .int()
      .min(1)
      .max(1e9)
      .nullable()
      .default(null)
      .describe('steps between evaluations; null: at the beginning and the end only'),
    sequences: z.int().min(8).max(8_388_608).default(8192).describe('held-out sequences, rounded up to whole microbatches'),
  })
  .prefault({})
  .describe('evaluation on a fixed set of held-out sequences');

const coordinationSchema = z
  .strictObject({
    leaseMilliseconds: z.number().min(1).max(60_000).default(50).describe('duration that leases are sized for'),
    maximumWorkers: z.int().min(1).max(65536).default(1024).describe('workers admitted at the same time'),
    admit: z
      .enum(['exact', 'tolerant'])
      .default('exact')
      .describe('workers admitted: exact ones alone, or also ones whose numbers are only close'),
    recheck: z
      .number()
      .min(0)
      .max(1)
      .default(0.05)
      .describe("part of volunteers' sums computed again, after their first ten; 0: none; 1: all"),
    segments: z.boolean().default(true).describe('whether a worker may take several steps at once, where that is faster'),
    contributionLog: z.boolean().default(true).describe('whether the run folder records who computed what'),
  })
  .prefault({})
  .describe('how work is handed out; with exact and honest workers none of it changes a result');

interface SchemaParts<Model extends z.ZodType, Task extends z.ZodType> {
  readonly model: Model;
  readonly task: Task;
}

/** The schema of a run's configuration with these models and tasks. */
export function runConfigSchemaOf<Model extends z.ZodType, Task extends z.ZodType>({ model, task }: SchemaParts<Model, Task>) {
  return z.strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/, 'a name of letters, digits and . _ / -')
      .describe('name of the run'),
    seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0).describe('seed of parameters and sequences'),
    task: task.describe('what is to be learned'),
    model: model.describe('what learns it'),
    optimizer: optimizerSchema.prefault({ name: 'adamw' }).describe('how the parameters follow the gradient'),
    training: trainingSchema,
    evaluation: evaluationSchema,
    coordination: coordinationSchema,
  });
}

/** The schema of a run's configuration, without plugins. */
export const runConfigSchema = runConfigSchemaOf({ model: modelSchema, task: taskSchema });

/** The configuration of a run, every default filled in. */
export interface RunConfig extends Omit<z.output<typeof runConfigSchema>, 'model' | 'task'> {
  readonly model: ModelOptions | PluginOptions;
  readonly task: TaskOptions | PluginOptions;
}

/** A schema of configurations: the one without plugins, or that of a registry. */
export type RunConfigSchema = z.ZodType<RunConfig>;

/** The configuration that raw data (of a YAML file, say) stands for. Throws ConfigurationError with code `configuration-invalid`. */
export function parseRunConfig(raw: unknown, schema: RunConfigSchema = runConfigSchema): RunConfig {
  const result = schema.safeParse(raw);
  if (!result.success) throw configurationError(result.error.issues, raw);
  stageTasks(result.data, schema);
  return result.data;
}
