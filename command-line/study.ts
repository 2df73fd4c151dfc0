// starling study FILE: a grid of runs, one after the other on this machine's worker. Called again it goes on where it was interrupted; runs that
// are done are not done again, and each has the bits that it would have alone.

import { join, resolve } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { nodeDisk, replaceFile } from '../coordinator/store/index.js';
import type { DeviceName } from '../node-worker/index.js';
import { expandStudy, type Registry, type StudyRun } from '../learning/index.js';
import { localWorker } from './companions.js';
import { loadStudy } from './configuration-file.js';
import { exitCodes, type ExitCode } from './exit-codes.js';
import { formatDuration, formatLoss, formatTable } from './format.js';
import { loadRegistry, type PluginCommandOptions } from './plugins.js';
import type { RunReport } from './report.js';
import { runConfiguration } from './run-configuration.js';
import { defaultThreadCount } from './worker.js';
import { studyCsv, studyRows, type StudyResult } from './study-table.js';

/** Options of `starling study`. */
export interface StudyCommandOptions extends PluginCommandOptions {
  readonly out?: string;
  readonly threads?: number;
  readonly device: DeviceName;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Runs a study to its end and writes its table; gives the exit code. */
export async function runStudy(file: string, options: StudyCommandOptions): Promise<ExitCode> {
  const study = loadStudy(file);
  const registry = await loadRegistry(options);
  const runs = expandStudy(study, registry.schema);
  const folder = resolve(options.out ?? join('studies', study.name));
  await mkdir(folder, { recursive: true });
  const results = await trainAll(runs, folder, { ...options, registry });
  const rows = studyRows(results);
  const encoder = new TextEncoder();
  const whole = { study: study.name, description: study.description, complete: results.length === runs.length, runs: rows };
  await replaceFile(nodeDisk, join(folder, 'results.csv'), encoder.encode(studyCsv(rows)));
  await replaceFile(nodeDisk, join(folder, 'results.json'), encoder.encode(`${JSON.stringify(whole, null, 2)}\n`));
  process.stdout.write(options.json ? `${JSON.stringify({ ...whole, folder })}\n` : `\n${describe(results)}\n\n${folder}\n`);
  return exitCodeOf(results, runs.length);
}

/** Trains runs in order, until one is stopped; diverged ones are results like others. */
export async function trainAll(
  runs: readonly StudyRun[],
  folder: string,
  {
    device,
    threads,
    quiet,
    registry,
  }: Pick<StudyCommandOptions, 'device' | 'threads' | 'quiet'> & { readonly registry: Registry },
): Promise<readonly StudyResult[]> {
  const results: StudyResult[] = [];
  const companion = localWorker({ device, threadCount: threads ?? defaultThreadCount(device) });
  const serving = { host: '127.0.0.1', port: 0, json: false, resume: true, quiet };
  const startedAt = performance.now();
  for (const [index, run] of runs.entries()) {
    if (!quiet) process.stderr.write(`[${index + 1}/${runs.length}] ${run.config.name}${timeLeft(results, runs, startedAt)}\n`);
    const report: RunReport = await runConfiguration(run.config, {
      options: serving,
      registry,
      companion,
      out: join(folder, folderName(run)),
    });
    results.push({ run, report });
    if (!quiet) process.stderr.write(`    ${report.outcome}, held-out loss ${formatLoss(report.testLoss ?? Number.NaN)}\n`);
    if (report.outcome === 'stopped') break;
  }
  return results;
}

/** The folder of a run below that of its study. */
export const folderName = ({ config }: StudyRun): string => config.name.slice(config.name.indexOf('/') + 1);

const sequencesOf = ({ config: { training } }: StudyRun): number =>
  training.steps * training.microbatches * training.microbatchSize;

/** What is left at the rate so far, counted in sequences; nothing before the first run is done. */
function timeLeft(results: readonly StudyResult[], runs: readonly StudyRun[], startedAt: number): string {
  const done = results.reduce((sum, { run }) => sum + sequencesOf(run), 0);
  if (done === 0) return '';
  const left = runs.slice(results.length).reduce((sum, run) => sum + sequencesOf(run), 0);
  return `, about ${formatDuration((left / done) * ((performance.now() - startedAt) / 1000))} left`;
}

function describe(results: readonly StudyResult[]): string {
  const head = ['run', 'outcome', 'held-out loss', 'minus one gradient step'];
  const rows = results.map(({ run, report }) => {
    const numbers = [report.testLoss, report.difference].map((x) => (x === null ? '–' : formatLoss(x)));
    return [folderName(run), report.outcome, ...numbers];
  });
  return formatTable([head, ...rows]);
}

function exitCodeOf(results: readonly StudyResult[], runCount: number): ExitCode {
  return results.length < runCount || results.some(({ report }) => report.outcome === 'stopped')
    ? exitCodes.stopped
    : exitCodes.success;
}
