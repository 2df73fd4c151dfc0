// One run from configuration to report: what `train` and `coordinator` share.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wasmBackend } from '../backends/index.js';
import { startCoordinator, type RunningCoordinator, type RunResult } from '../coordinator/shell/index.js';
import type { EvaluationSummary, RunConfig, TrainingPlan } from '../learning/index.js';
import { expectedProof } from '../worker/index.js';
import { exitCodes, type ExitCode } from './exit-codes.js';
import { formatLoss } from './format.js';
import { startInterruptibly } from './interruption.js';
import type { PluginCommandOptions } from './plugins.js';
import { createProgressDisplay, type ProgressDisplay } from './progress.js';
import { servingOf, type Serving } from './serving.js';
import type { ReachOptions } from './serve-options.js';
import { evaluationFields, type RunReport } from './report.js';
import { software } from './software.js';
import { stageNotes } from './stage-notes.js';

/** Where a run is served, and what is shown of it. */
export interface ServeOptions extends ReachOptions {
  readonly host: string;
  readonly port: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Options that `train` and `coordinator` share. */
export interface RunCommandOptions extends ServeOptions, PluginCommandOptions {
  readonly set: readonly string[];
  readonly out?: string;
  readonly resume: boolean;
}

/** The configuration that is used where none is named. */
export const defaultConfigurationFile = fileURLToPath(
  new URL('../../experiments/in-context-regression/gated-rnn.yaml', import.meta.url),
);

/** Beside this folder in dist/, where the pages are built to. */
const pageFolders = {
  volunteerFolder: fileURLToPath(new URL('../browser-worker/', import.meta.url)),
  liveFolder: fileURLToPath(new URL('../live-page/', import.meta.url)),
};

/** What is done with a run while it goes on. */
export interface RunCompanion {
  /** Called when the server listens; what it returns is called at the end. */
  readonly join: (served: ServedRun) => () => Promise<void>;
}

/** A run that is being served. */
export interface ServedRun {
  readonly coordinator: RunningCoordinator;
  readonly serving: Serving;
  readonly display: ProgressDisplay;
}

/** The folder of a run: the one asked for, or a new one under runs/. */
export function runFolder(config: RunConfig, out: string | undefined): string {
  if (out !== undefined) return resolve(out);
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  const base = join('runs', `${config.name.replaceAll('/', '-')}-${time}`);
  for (let attempt = 1; ; attempt += 1) {
    const folder = attempt === 1 ? base : `${base}-${attempt}`;
    if (!existsSync(folder)) return resolve(folder);
  }
}

/** A run to be made, or one to be continued under its name. */
export interface RunTarget {
  readonly config: RunConfig;
  readonly plan: TrainingPlan;
  readonly folder: string;
  readonly resume?: { readonly run: string };
}

/** Runs a configuration to its end. */
export async function runToEnd(
  target: RunTarget,
  { options, companion }: { readonly options: ServeOptions; readonly companion: RunCompanion },
): Promise<RunReport> {
  const { config, plan } = target;
  const display = createProgressDisplay({ stream: process.stderr, quiet: options.quiet, now: () => performance.now() });
  const serving = servingOf(options, target.folder);
  const noteStage = stageNotes(plan, (text) => display.note(text));
  const starting = startCoordinator({
    ...{ ...target, software, backend: wasmBackend, proof: expectedProof, segments: true },
    ...{ ...serving.options, ...pageFolders },
    onProgress: (progress) => {
      noteStage(progress.step);
      display.update({ ...progress, loss: progress.loss ?? Number.NaN });
    },
    onEvaluation: (evaluation) => {
      const { testLoss } = summaryOf(plan, evaluation.sums);
      display.note(`  step ${evaluation.step}: held-out loss ${formatLoss(testLoss)}`);
    },
    onLog: ({ level, text }) => {
      if (level === 'warning') display.note(`Warning: ${text}`);
    },
  });
  const noteStop = (): void =>
    display.note('Stopping: finishing the step and writing a checkpoint. Press Ctrl-C again to stop at once.');
  const { started: coordinator, undo } = await startInterruptibly(starting, noteStop).catch((error: unknown) => {
    serving.tokens.forget();
    throw error;
  });
  const leave = companion.join({ coordinator, serving, display });
  try {
    return reportOf(await coordinator.done, { config, plan });
  } finally {
    undo();
    display.close();
    await leave();
  }
}

function summaryOf(plan: TrainingPlan, sums: Readonly<Record<string, number>>): EvaluationSummary {
  return plan.summarize(Float32Array.from(plan.outputNames.evaluation, (name) => sums[name] ?? Number.NaN));
}

/** What a result says of its run. */
export function reportOf(
  result: RunResult,
  { config, plan }: { readonly config: RunConfig; readonly plan: TrainingPlan },
): RunReport {
  const summaries = result.evaluations.map(({ sums }) => summaryOf(plan, sums));
  const isEvaluatedAtEnd = result.evaluations.at(-1)?.step === result.steps;
  return {
    name: config.name,
    run: result.folder,
    outcome: result.outcome,
    model: config.model.name,
    steps: result.steps,
    continuedFromStep: result.continuedFromStep,
    ...evaluationFields(summaries[0], isEvaluatedAtEnd ? summaries.at(-1) : undefined),
    trainLoss: result.trainLoss,
    parametersSha256: result.parametersSha256,
    seconds: result.seconds,
    sequencesPerSecond: result.sequencesPerSecond,
    reissuedLeases: result.reissuedLeases,
    droppedContributions: result.droppedContributions,
    uncheckedNodes: result.uncheckedNodes,
    admittedTolerant: result.admittedTolerant,
    tolerantNodes: result.tolerantNodes,
    contributionsByWorker: result.contributionsByWorker,
    ...(result.divergedAtStep === undefined ? {} : { divergedAtStep: result.divergedAtStep }),
  };
}

/** The exit code of a run's outcome. */
export function exitCodeOfRun({ outcome }: RunReport): ExitCode {
  return { completed: exitCodes.success, diverged: exitCodes.diverged, stopped: exitCodes.stopped }[outcome];
}
