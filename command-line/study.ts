// starling study FILE: a grid of runs, all at once on all workers. Called again it goes on where it was interrupted; runs that are done are
// not done again, and each has the bits that it would have alone.

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wasmBackend } from '../backends/index.js';
import {
  frameBytesOf,
  programsOf,
  startStudy,
  type DoneRun,
  type RunningStudy,
  type StudyOptions,
  type StudyTarget,
} from '../coordinator/shell/index.js';
import { manifestName, nodeDisk, replaceFile } from '../coordinator/store/index.js';
import { builtInRegistry, createPlanner, expandStudy, type Registry, type StudyRun } from '../learning/index.js';
import type { DeviceName } from '../node-worker/index.js';
import { expectedProof } from '../worker/index.js';
import { loadStudy } from './configuration-file.js';
import { exitCodes, type ExitCode } from './exit-codes.js';
import { formatLoss } from './format.js';
import { startInterruptibly } from './interruption.js';
import { startLocalWorker } from './local-worker.js';
import { loadRegistry, type PluginCommandOptions } from './plugins.js';
import type { RunReport } from './report.js';
import { reportOf } from './run.js';
import type { ReachOptions } from './serve-options.js';
import { invitation, servingOf, type Serving } from './serving.js';
import { software } from './software.js';
import { openStoredRun, refuseOtherConfiguration } from './stored-run.js';
import { createStudyDisplay, type StudyDisplay } from './study-display.js';
import { studyGrid } from './study-grid.js';
import { describeStudy, studyFiles } from './study-summary.js';
import { studyCsv, studyRows, type StudyResult } from './study-table.js';
import { defaultThreadCount } from './worker.js';

/** How the runs of a study are trained. */
export interface TrainAllOptions extends ReachOptions {
  readonly threads?: number;
  readonly device: DeviceName;
  readonly quiet: boolean;
  readonly host?: string;
  readonly port?: number;
  /** What the runs' configurations may name; nothing: what is built in. */
  readonly registry?: Registry;
}

/** Options of `starling study`. */
export interface StudyCommandOptions extends TrainAllOptions, PluginCommandOptions {
  readonly out?: string;
  readonly json: boolean;
}

/** Runs a study to its end and writes its table; gives the exit code. */
export async function runStudy(file: string, options: StudyCommandOptions): Promise<ExitCode> {
  const study = loadStudy(file);
  const registry = await loadRegistry(options);
  const runs = expandStudy(study, registry.schema);
  const folder = resolve(options.out ?? join('studies', study.name));
  const results = await trainAll(runs, folder, { ...options, registry });
  const rows = studyRows(results);
  const encoder = new TextEncoder();
  const whole = { study: study.name, description: study.description, complete: results.length === runs.length, runs: rows };
  await replaceFile(nodeDisk, join(folder, studyFiles.csv), encoder.encode(studyCsv(rows)));
  await replaceFile(nodeDisk, join(folder, studyFiles.json), encoder.encode(`${JSON.stringify(whole, null, 2)}\n`));
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ ...whole, folder })}\n`
      : `\n${describeStudy(results, { folder, runCount: runs.length })}\n`,
  );
  return exitCodeOf(results, runs.length);
}

/**
 * Trains runs, each in its folder below the study's; gives the results of those that have ended, in the order of the runs; diverged ones
 * are results like others. Throws where a folder holds another run, before anything is begun.
 */
export async function trainAll(
  runs: readonly StudyRun[],
  folder: string,
  options: TrainAllOptions,
): Promise<readonly StudyResult[]> {
  const { registry = builtInRegistry } = options;
  const planFor = createPlanner(registry);
  const frameBytes = largestFrame(runs, planFor);
  const survey = await surveyRuns(runs, { folder, registry, planFor });
  const reports = new Map(survey.flatMap(({ run, report }) => (report === undefined ? [] : [[run, report] as const])));
  const targets = survey.flatMap(({ target }) => (target === undefined ? [] : [target]));
  if (targets.length > 0) {
    await mkdir(folder, { recursive: true });
    const runOf = new Map(survey.map(({ run, target }) => [target, run] as const));
    await serveStudy(
      { folder, targets, frameBytes, done: survey.flatMap(doneRun), grid: studyGrid(runs) },
      options,
      (target, report) => {
        const run = runOf.get(target);
        if (run !== undefined) reports.set(run, report);
      },
    );
  }
  return runs.flatMap((run) => {
    const report = reports.get(run);
    return report === undefined ? [] : [{ run, report }];
  });
}

/** The folder of a run below that of its study. */
export const folderName = ({ config }: StudyRun): string => config.name.slice(config.name.indexOf('/') + 1);

type Planner = ReturnType<typeof createPlanner>;

/** Builds the programs of every kind of run once. Throws ProgramError where a worker would refuse one. */
function largestFrame(runs: readonly StudyRun[], planFor: Planner): number {
  const byKind = new Map<string, number>();
  for (const { config } of runs) {
    const kind = JSON.stringify({ ...config, name: '', seed: 0 });
    if (byKind.has(kind)) continue;
    const plan = planFor(config);
    byKind.set(kind, frameBytesOf(programsOf(plan), plan.updateScalars(0).length));
  }
  return Math.max(...byKind.values());
}

interface SurveyedRun {
  readonly run: StudyRun;
  /** Of a run that has ended. */
  readonly report: RunReport | undefined;
  /** Of one that is still to be done. */
  readonly target: StudyTarget | undefined;
}

/** Where each run stands. Throws RunError where its folder holds another one. */
async function surveyRuns(
  runs: readonly StudyRun[],
  { folder, registry, planFor }: { readonly folder: string; readonly registry: Registry; readonly planFor: Planner },
): Promise<readonly SurveyedRun[]> {
  const survey: SurveyedRun[] = [];
  for (const run of runs) {
    const { config } = run;
    const place = join(folder, folderName(run));
    const plan = () => planFor(config);
    if (!existsSync(join(place, manifestName))) {
      survey.push({ run, report: undefined, target: { config, folder: place, plan } });
      continue;
    }
    const stored = await openStoredRun(place, registry);
    refuseOtherConfiguration(stored, config);
    const { ended, manifest } = stored;
    const target = { config, folder: place, resume: { run: manifest.run }, plan };
    survey.push(
      ended === undefined ? { run, report: undefined, target } : { run, report: reportOf(ended, stored), target: undefined },
    );
  }
  return survey;
}

interface ServedStudy {
  readonly folder: string;
  readonly targets: readonly StudyTarget[];
  readonly frameBytes: number;
  readonly done: readonly DoneRun[];
  readonly grid: StudyOptions['grid'];
}

/** What is shown of a run that ended before. */
function doneRun({ run, report }: SurveyedRun): readonly DoneRun[] {
  if (report === undefined) return [];
  const { name, outcome, steps, trainLoss, initialTestLoss, testLoss, optimum, run: folder } = report;
  const stepCount = run.config.training.steps;
  const state = { name, state: outcome, step: steps, stepCount, workers: 0, trainLoss, testLoss, optimum };
  const tests = [{ step: 0, loss: initialTestLoss }, ...(steps === 0 ? [] : [{ step: steps, loss: testLoss }])];
  return [{ state, folder, tests: tests.flatMap(({ step, loss }) => (loss === null ? [] : [{ step, loss }])) }];
}

/** Beside this folder in dist/, where the pages are built to. */
const pageFolders = {
  volunteerFolder: fileURLToPath(new URL('../browser-worker/', import.meta.url)),
  liveFolder: fileURLToPath(new URL('../study-page/', import.meta.url)),
};

/** Serves the runs that are still to be done, with local workers beside them. */
async function serveStudy(
  { folder, targets, frameBytes, done, grid }: ServedStudy,
  options: TrainAllOptions,
  onReport: (target: StudyTarget, report: RunReport) => void,
): Promise<void> {
  const display = createStudyDisplay({ stream: process.stderr, quiet: options.quiet, now: () => performance.now() });
  const serving = servingOf({ ...options, host: options.host ?? '127.0.0.1', port: options.port ?? 0 }, folder);
  let doneCount = done.length;
  const [name = 'study'] = targets[0]?.config.name.split('/') ?? [];
  const starting = startStudy({
    ...{ name, folder, grid, targets, done, frameBytes, software, ...pageFolders },
    ...{ serving: serving.options, backend: wasmBackend, proof: expectedProof },
    onProgress: (status) => display.update(status),
    onRunEnd: (target, { result, plan }) => {
      const report = reportOf(result, { config: target.config, plan });
      onReport(target, report);
      doneCount += 1;
      const loss = report.testLoss === null ? '' : `, held-out loss ${formatLoss(report.testLoss)}`;
      display.note(`[${doneCount}/${grid.runs.length}] ${target.config.name}: ${report.outcome}${loss}`);
    },
    onLog: ({ level, text }) => {
      if (level === 'warning') display.note(`Warning: ${text}`);
    },
  });
  const { started: study, undo } = await startInterruptibly(starting, () =>
    display.note('Stopping: finishing the steps at hand and writing checkpoints. Press Ctrl-C again to stop at once.'),
  );
  const leave = joinLocally(study, { serving, display, options });
  try {
    await study.done;
  } finally {
    undo();
    display.close();
    await leave();
  }
}

function joinLocally(
  study: RunningStudy,
  { serving, display, options }: { readonly serving: Serving; readonly display: StudyDisplay; readonly options: TrainAllOptions },
): () => Promise<void> {
  const threadCount = options.threads ?? defaultThreadCount(options.device);
  const isShared = threadCount === 0 || serving.tokens.worker !== undefined || serving.options.publicUrl !== undefined;
  display.note(isShared ? studyInvitation(study.address, serving) : `Live page:  ${study.pageAddress}`);
  if (threadCount === 0) return () => Promise.resolve();
  const worker = startLocalWorker({
    ...{ url: study.address, device: options.device, threadCount, split: true },
    ...{ token: serving.tokens.worker?.value, certificateFile: serving.certificateFile },
    warn: (text) => display.note(`Warning: ${text}`),
    giveUp: (error) => {
      display.note(error.message);
      void study.stop().catch(() => undefined);
    },
  });
  return () => worker.close();
}

/** A worker with many threads serves many runs: `--split`. */
function studyInvitation(address: string, serving: Serving): string {
  return invitation(address, serving)
    .map((line) => line.replace('starling worker ', 'starling worker --split '))
    .join('\n');
}

function exitCodeOf(results: readonly StudyResult[], runCount: number): ExitCode {
  return results.length < runCount || results.some(({ report }) => report.outcome === 'stopped')
    ? exitCodes.stopped
    : exitCodes.success;
}
