// The runs of an experiment's studies: trained where they are missing, opened, measured; what was measured is kept by the parameters' digest.

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { listCheckpoints, manifestName, nodeDisk, replaceFile } from '../coordinator/store/index.js';
import type { Circumstances, Experiment, MeasuredRun, StudyState, TrainedRun } from '../experiments/index.js';
import { builtInRegistry, expandStudy, type Study, type StudyRun } from '../learning/index.js';
import { CommandError, exitCodes } from './exit-codes.js';
import { openCheckpoint } from './stored-checkpoint.js';
import { openStoredRun, refuseOtherConfiguration } from './stored-run.js';
import { folderName } from './study.js';
import { software } from './software.js';

/** A study of an experiment, with its runs. */
export interface OpenedStudy {
  readonly study: Study;
  /** From the folder of experiments. */
  readonly file: string;
  readonly isTrained: boolean;
  readonly folder: string;
  readonly runs: readonly StudyRun[];
}

/** A study and its runs, in a folder of studies. */
export function openStudy(
  study: Study,
  { file, isTrained, out }: { readonly file: string; readonly isTrained: boolean; readonly out: string },
): OpenedStudy {
  return { study, file, isTrained, folder: join(out, study.name), runs: expandStudy(study) };
}

/** The run in its folder with its newest checkpoint; undefined where there is none yet. */
export async function openTrainedRun({ study, folder }: OpenedStudy, run: StudyRun): Promise<TrainedRun | undefined> {
  const place = join(folder, folderName(run));
  if (!existsSync(join(place, manifestName)) || (await listCheckpoints(nodeDisk, place)).length === 0) return undefined;
  const stored = await openStoredRun(place, builtInRegistry);
  refuseOtherConfiguration(stored, run.config);
  const { step, parameters, parametersSha256 } = await openCheckpoint(stored, undefined);
  const { config, plan, ended } = stored;
  const [outcome, seconds] = ended === undefined ? (['unfinished', null] as const) : [outcomeOf(ended.outcome), ended.seconds];
  return {
    study: study.name,
    name: config.name,
    values: run.values,
    config,
    plan,
    outcome,
    step,
    parameters,
    parametersSha256,
    seconds,
    evaluations: ended?.evaluations ?? [],
  };
}

const outcomeOf = (outcome: string): 'completed' | 'diverged' => (outcome === 'diverged' ? 'diverged' : 'completed');

/** How far a study is. */
export function stateOf({ study, file, runs }: OpenedStudy, found: readonly MeasuredRun<unknown>[]): StudyState {
  const own = found.filter((run) => run.study === study.name);
  return {
    name: study.name,
    file,
    runCount: runs.length,
    completedCount: own.filter(({ outcome }) => outcome !== 'unfinished').length,
    unfinished: own
      .filter(({ outcome }) => outcome === 'unfinished')
      .map(({ name, step, config }) => ({ name, step, stepCount: config.training.steps })),
  };
}

type RecordedReport = Circumstances & { readonly runs: readonly MeasuredRun<unknown>[] };

function readReport(file: string, bytes: Uint8Array): RecordedReport {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as RecordedReport;
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new CommandError('record-damaged', exitCodes.failure, `Cannot use ${file}: ${found} found, a recorded report wanted`);
  }
}

/** The runs that ended as a report in this folder has them, by name: those whose configuration and measurement are still what is wanted. */
export async function readRecordedRuns(
  experiment: Experiment,
  folder: string,
  studies: readonly OpenedStudy[],
): Promise<ReadonlyMap<string, MeasuredRun<unknown>>> {
  const bytes = await nodeDisk.read(join(folder, 'results.json'));
  if (bytes === undefined) return new Map();
  const { software: by, time, machine, runs } = readReport(join(folder, 'results.json'), bytes);
  const wanted = new Map(studies.flatMap((study) => study.runs.map(({ config }) => [config.name, config] as const)));
  const usable = runs.flatMap((run) => {
    const measurement = experiment.measurement.safeParse(run.measurement);
    // With what configurations have got since.
    const { data: config } = builtInRegistry.schema.safeParse(run.config);
    if (run.outcome === 'unfinished' || !measurement.success || !isDeepStrictEqual(config, wanted.get(run.name))) return [];
    return [[run.name, { recorded: { software: by, time, machine }, ...run, measurement: measurement.data }] as const];
  });
  return new Map(usable);
}

/** Measures a run, or takes what was measured of the same parameters before. */
export async function measureRun(experiment: Experiment, run: TrainedRun, folder: string): Promise<MeasuredRun<unknown>> {
  const { study, name, values, config, outcome, step, parametersSha256, seconds } = run;
  const identity = { study, name, values, config, outcome, step, parametersSha256, seconds };
  const file = join(folder, `${name.replaceAll('/', '-')}.json`);
  const stamp = { software, parametersSha256 };
  const kept = await readKept(file, stamp);
  const parsed = experiment.measurement.safeParse(kept);
  if (parsed.success) return { ...identity, measurement: parsed.data };
  const measurement = experiment.measure(run);
  await mkdir(folder, { recursive: true });
  await replaceFile(nodeDisk, file, new TextEncoder().encode(`${JSON.stringify({ ...stamp, measurement }, null, 2)}\n`));
  return { ...identity, measurement };
}

/** The measurement in a file, where it is one of this version and these parameters. */
async function readKept(file: string, stamp: Readonly<Record<string, string>>): Promise<unknown> {
  const bytes = await nodeDisk.read(file);
  if (bytes === undefined) return undefined;
  try {
    const kept = JSON.parse(Buffer.from(bytes).toString('utf8')) as Readonly<Record<string, unknown>>;
    return Object.entries(stamp).every(([key, value]) => kept[key] === value) ? kept['measurement'] : undefined;
  } catch {
    return undefined;
  }
}
