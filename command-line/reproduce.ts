// starling reproduce E1 … E5: trains what is missing of an experiment's studies, measures it, and sets it beside theory and paper.

import { arch, cpus, type as operatingSystem } from 'node:os';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeDisk, replaceFile } from '../coordinator/store/index.js';
import {
  experiments,
  figureFile,
  reportPage,
  reportText,
  type Experiment,
  type ExperimentReport,
  type MeasuredRun,
} from '../experiments/index.js';
import type { DeviceName } from '../node-worker/index.js';
import { loadStudy } from './configuration-file.js';
import { CommandError, exitCodes, type ExitCode } from './exit-codes.js';
import { recordFolder, recordRuns, takeUpRuns, writeResultsPage } from './reproduce-record.js';
import { measureRun, openStudy, openTrainedRun, readRecordedRuns, stateOf, type OpenedStudy } from './reproduce-runs.js';
import { software } from './software.js';
import { trainAll } from './study.js';

/** Options of `starling reproduce`. */
export interface ReproduceCommandOptions {
  readonly quick: boolean;
  readonly out: string;
  /** Folder of study files, laid out as experiments/ is; nothing: that folder. */
  readonly studies?: string;
  readonly threads?: number;
  readonly device: DeviceName;
  /** Measures what is there and trains nothing. */
  readonly measureOnly: boolean;
  readonly record: boolean;
  /** Takes runs that are recorded as they are recorded. */
  readonly useRecorded: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Runs of an earlier record, by name. */
type RecordedRuns = ReadonlyMap<string, MeasuredRun<unknown>>;

const none: RecordedRuns = new Map();

/** The folder of the experiments' files and of recorded results: it lies beside dist/. */
const experimentsFolder = fileURLToPath(new URL('../../experiments/', import.meta.url));

/** Reproduces an experiment and writes its report; gives the exit code. */
export async function runReproduce(name: string, options: ReproduceCommandOptions): Promise<ExitCode> {
  const experiment = experimentOf(name);
  if (options.quick && (options.record || options.useRecorded)) {
    const message = `Cannot ${options.record ? 'record' : 'use what is recorded'}: --quick found, runs of full length wanted`;
    throw new CommandError('configuration-invalid', exitCodes.usage, message);
  }
  const out = resolve(options.out);
  const source = resolve(options.studies ?? experimentsFolder);
  const files = options.quick ? experiment.quickStudies : experiment.studies;
  const studies = files.map(({ file, isTrained }) => openStudy(loadStudy(join(source, file)), { file, isTrained, out }));
  const recorded = recordFolder(join(source, 'results'), experiment);
  const known = options.useRecorded ? await readRecordedRuns(experiment, recorded, studies) : none;
  if (!options.measureOnly) {
    const taken = options.quick ? [] : await takeUpRuns(recorded, studies);
    for (const run of taken) process.stderr.write(`Continuing ${run} from its recorded checkpoint.\n`);
    if (!(await trainMissing(studies, known, options))) {
      process.stderr.write('Stopped. The same command goes on; with --measure-only it shows what is there.\n');
      return exitCodes.stopped;
    }
  }
  const folder = join(out, `${experiment.name.toLowerCase()}${options.quick ? '-quick' : ''}`);
  const runs = await measureAll(experiment, { studies, known, folder, quiet: options.quiet });
  const report = reportOf(experiment, { studies, runs, isQuick: options.quick });
  await writeReport(report, folder);
  if (options.record) {
    await writeText(report, recorded);
    await recordRuns(recorded, { studies, runs });
    await writeResultsPage(join(source, 'results'));
  }
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ ...withoutDrawings(report), folder })}\n`
      : `${reportText(report, undefined)}\n${folder}\n`,
  );
  return exitCodes.success;
}

function experimentOf(name: string): Experiment {
  const found = experiments.find((experiment) => experiment.name === name.toUpperCase());
  if (found !== undefined) return found;
  const message = `Cannot reproduce: experiment ${name} found, one of ${experiments.map((known) => known.name).join(', ')} wanted`;
  throw new CommandError('configuration-invalid', exitCodes.usage, message);
}

/** Trains what is missing; whether all of it was trained to its end. */
async function trainMissing(
  studies: readonly OpenedStudy[],
  known: RecordedRuns,
  options: ReproduceCommandOptions,
): Promise<boolean> {
  for (const { runs: all, folder, isTrained } of studies) {
    const runs = all.filter(({ config }) => !known.has(config.name));
    if (!isTrained || runs.length === 0) continue;
    const results = await trainAll(runs, folder, options);
    if (results.length < runs.length || results.some(({ report }) => report.outcome === 'stopped')) return false;
  }
  return true;
}

interface MeasureRequest {
  readonly studies: readonly OpenedStudy[];
  readonly known: RecordedRuns;
  readonly folder: string;
  readonly quiet: boolean;
}

async function measureAll(
  experiment: Experiment,
  { studies, known, folder, quiet }: MeasureRequest,
): Promise<readonly MeasuredRun<unknown>[]> {
  const measured: MeasuredRun<unknown>[] = [];
  for (const study of studies) {
    for (const run of study.runs) {
      const before = known.get(run.config.name);
      if (before !== undefined) {
        measured.push(before);
        continue;
      }
      const trained = await openTrainedRun(study, run);
      if (trained === undefined) continue;
      if (!quiet) process.stderr.write(`Measuring ${trained.name} after step ${trained.step} …\n`);
      measured.push(await measureRun(experiment, trained, join(folder, 'measurements')));
    }
  }
  return measured;
}

function reportOf(
  experiment: Experiment,
  made: { readonly studies: readonly OpenedStudy[]; readonly runs: readonly MeasuredRun<unknown>[]; readonly isQuick: boolean },
): ExperimentReport {
  const { studies, runs, isQuick } = made;
  return {
    ...{ experiment: experiment.name, title: experiment.title, isQuick },
    ...experiment.conclude(runs),
    studies: studies.map((study) => stateOf(study, runs)),
    runs,
    ...{ software: `${software}, Node.js ${process.versions.node}`, time: new Date().toISOString(), machine: machine() },
  };
}

function machine(): string {
  const all = cpus();
  return `${all[0]?.model ?? 'an unknown processor'} (${all.length} cores), ${operatingSystem()} ${arch()}`;
}

/** A report as results.json has it: figures by the names of their files. */
function withoutDrawings({ figures, ...report }: ExperimentReport) {
  return { ...report, figures: figures.map(({ title, caption }) => ({ title, caption, file: `figures/${figureFile(title)}` })) };
}

async function writeReport(report: ExperimentReport, folder: string): Promise<void> {
  await mkdir(join(folder, 'figures'), { recursive: true });
  await write(join(folder, 'report.html'), reportPage(report));
  await writeText(report, folder);
}

/** The text, numbers and figures of a report: what the repository keeps. */
async function writeText(report: ExperimentReport, folder: string): Promise<void> {
  await mkdir(join(folder, 'figures'), { recursive: true });
  await write(join(folder, 'results.json'), `${JSON.stringify(withoutDrawings(report), null, 2)}\n`);
  await write(join(folder, 'results.md'), reportText(report, 'figures'));
  for (const { title, svg } of report.figures) await write(join(folder, 'figures', figureFile(title)), `${svg}\n`);
}

const write = (file: string, text: string): Promise<void> => replaceFile(nodeDisk, file, new TextEncoder().encode(text));
