// A curriculum: training draws from easier laws of the run's task first (Garg et al. 2022). Evaluation always has the task itself.
//
//   training:
//     curriculum:
//       - fromStep: 0
//         task: { activeDimensions: 5, contextLength: 10 }
//         grow: { every: 2000, times: 15, by: { activeDimensions: 1, contextLength: 2 } }
//
// are sixteen stages: of 5 dimensions and 10 examples from step 0 on, 6 and 12 from step 2000 on, … 20 and 40 from step 30000 on.

import { z } from 'zod';
import { ConfigurationError, describeIssue, issuesOf, type ConfigurationIssue } from './configuration-error.js';
import type { RunConfig, RunConfigSchema } from './configuration.js';

/** Stages that a run may have: each has a program of its own. */
export const mostStages = 64;

const stageSchema = z.strictObject({
  fromStep: z.int().min(0).max(1e9).describe('first step of the stage; 0 in the first one'),
  task: z.record(z.string(), z.unknown()).default({}).describe("fields that differ from the run's own task"),
  grow: z
    .strictObject({
      every: z.int().min(1).max(1e9).describe('steps after which the next stage begins'),
      times: z
        .int()
        .min(1)
        .max(mostStages - 1)
        .describe('stages that follow in this way'),
      by: z.record(z.string(), z.number()).describe('what is added to fields of the task in each of them'),
    })
    .optional()
    .describe('further stages at equal distances, each a little harder'),
});

/** Stages as a configuration has them. */
export const curriculumSchema = z
  .array(stageSchema)
  .max(mostStages)
  .optional()
  .describe('stages of training on easier laws of the task, in order; nothing: the task itself from the beginning');

type RawStage = z.output<typeof stageSchema>;
type TaskOfRun = RunConfig['task'];

/** A task that batches are drawn from, from a step on until that of the next stage. */
export interface StageTask {
  readonly fromStep: number;
  readonly task: TaskOfRun;
}

/** The tasks of training in order; of a run without a curriculum its own. Throws ConfigurationError where a stage cannot be accepted. */
export function stageTasks(config: RunConfig, schema: RunConfigSchema): readonly StageTask[] {
  const { curriculum = [], steps } = config.training;
  const count = curriculum.reduce((sum, { grow }) => sum + 1 + (grow?.times ?? 0), 0);
  if (count === 0) return [{ fromStep: 0, task: config.task }];
  if (count > mostStages) throw refusal({ path: [], found: `${count} stages`, wanted: `at most ${mostStages}` });
  let last = -1;
  return curriculum.flatMap((stage, index) => {
    return Array.from({ length: 1 + (stage.grow?.times ?? 0) }, (_, times) => {
      const draft = draftOf(config.task, { stage, index, times });
      checkStep(draft, last, steps);
      last = draft.fromStep;
      return { fromStep: draft.fromStep, task: parseTask(draft, config, schema) };
    });
  });
}

/** A stage, and where the configuration has it. */
interface Draft {
  readonly fromStep: number;
  readonly task: Readonly<Record<string, unknown>>;
  readonly index: number;
  /** Whether it follows another one by growth. */
  readonly isGrown: boolean;
}

function draftOf(
  own: TaskOfRun,
  { stage, index, times }: { readonly stage: RawStage; readonly index: number; readonly times: number },
): Draft {
  const { fromStep, grow } = stage;
  if (Object.hasOwn(stage.task, 'name')) {
    throw refusal({ path: [index, 'task', 'name'], found: 'a name', wanted: `fields of ${own.name} alone`, unknownKey: true });
  }
  const task: Record<string, unknown> = { ...own, ...stage.task };
  if (grow === undefined || times === 0) return { fromStep, task, index, isGrown: false };
  for (const [field, step] of Object.entries(grow.by)) {
    const value = task[field];
    if (typeof value !== 'number') {
      const wanted = 'one that the stage or the task has as a number';
      throw refusal({ path: [index, 'grow', 'by', field], found: 'a field', wanted, unknownKey: true });
    }
    task[field] = value + times * step;
  }
  return { fromStep: fromStep + times * grow.every, task, index, isGrown: true };
}

function checkStep({ fromStep, index, isGrown }: Draft, last: number, steps: number): void {
  const refuse = (wanted: string): ConfigurationError => refusal({ path: [index, 'fromStep'], found: String(fromStep), wanted });
  if (last < 0 && fromStep !== 0) throw refuse('0');
  if (fromStep <= last) throw refuse(`more than ${last}, where the stage before it begins,`);
  if (fromStep < steps) return;
  if (!isGrown) throw refuse(`less than the ${steps} steps of the run`);
  throw refusal({
    path: [index, 'grow'],
    found: `a stage from step ${fromStep} on`,
    wanted: `an earlier one than the end, after ${steps} steps,`,
  });
}

function parseTask({ task, fromStep, index, isGrown }: Draft, config: RunConfig, schema: RunConfigSchema): TaskOfRun {
  const raw = { ...config, task, training: { ...config.training, curriculum: undefined } };
  const result = schema.safeParse(raw);
  if (result.success) return result.data.task;
  const [issue] = result.error.issues.flatMap((one) => issuesOf(one, raw));
  if (issue === undefined) throw new Error(`Cannot accept the stage from step ${fromStep}: no reason found`);
  const { path, found } = issue;
  // The grown value stands nowhere in the configuration.
  const grown = { ...issue, path: [index, 'grow'], found: `${path.slice(1).join('.')} of ${found} from step ${fromStep} on` };
  throw refusal(isGrown ? grown : { ...issue, path: [index, ...path] });
}

function refusal(inCurriculum: Omit<ConfigurationIssue, 'unknownKey'> & { readonly unknownKey?: boolean }): ConfigurationError {
  const issue = { unknownKey: false, ...inCurriculum, path: ['training', 'curriculum', ...inCurriculum.path] };
  return new ConfigurationError('configuration-invalid', `Cannot accept configuration: ${describeIssue(issue)}`, [issue]);
}
