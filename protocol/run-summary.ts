// The run in short, which a coordinator tells over HTTP to pages: who is asked to help, and what has become of the help.

import * as z from 'zod/mini';
import { integer, name, text } from './fields.js';

const finiteNumber = z.number();

const helper = z.strictObject({
  isConnected: z.boolean(),
  /** Tree nodes that went into finished jobs, of all runs of a study. */
  committedNodes: integer(0),
  /** Microbatches below them. */
  microbatches: integer(0),
});

const study = z.strictObject({
  name: text(),
  endedCount: integer(0),
  runCount: integer(1),
});

/** Points of a loss curve at most. */
export const curvePointLimit = 120;

const runSummary = z.strictObject({
  run: name,
  /** What its owner calls it. */
  name: text(),
  /** Who operates the coordinator, and where that one can be reached; null where nobody said. */
  operator: z.nullable(text()),
  contact: z.nullable(text()),
  task: text(),
  model: text(),
  microbatchSize: integer(1),
  step: integer(0),
  stepCount: integer(0),
  trainLoss: z.nullable(finiteNumber),
  /** Steps and their mean training losses, ascending; none of the steps before the coordinator was started. */
  curve: z.array(z.tuple([integer(0), finiteNumber])).check(z.maxLength(curvePointLimit)),
  sequencesPerSecond: finiteNumber,
  /** Of the run, or of the whole study. */
  workerCount: integer(0),
  outcome: z.nullable(z.enum(['completed', 'diverged', 'stopped'])),
  /** The worker whose name was asked for; null where there was never one. */
  worker: z.nullable(helper),
  /** Of which the run is one; null where it is alone. */
  study: z.nullable(study),
});

/** Where a run stands, for the page of a volunteer. */
export type RunSummary = Readonly<z.infer<typeof runSummary>>;

/** The path of the summary, below the volunteer page; `?worker=NAME` asks for one's own contributions. */
export const runSummaryPath = 'run.json';

/** Reads a summary; undefined where the value is none. */
export function readRunSummary(value: unknown): RunSummary | undefined {
  const parsed = runSummary.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
