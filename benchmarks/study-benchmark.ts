// A study of many runs by the real command, beside computing alone and beside PyTorch: how much of all cores is lost to everything that is
// not a step, and what the same study would take where one process trains on each core.
//
//   kernels              (processor time of the busiest threads, one for each core) × (kernels' part of a segment, measured in turn) / cores
//   computing alone      runs × (a run in segments on one thread, nothing else at work) / cores
//   PyTorch              runs × (a run, one process on each core at the same time, the fastest form) / cores
//
// A machine that others share is faster in one minute than in the next one. So the study is stopped and continued, and everything else is
// measured before each part of it and after the last one: each part is compared with the mean of what was found on both of its sides.

import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { buildPlan, parseRunConfig, type TrainingPlan } from '../learning/index.js';
import { measureCandidate, sourcePath } from './child-process.js';
import { kernelPart } from './kernel-part.js';
import { currentLoad, describeMachine } from './machine.js';
import { findPytorch } from './python.js';
import type { Circumstances } from './report.js';
import { segmentsOf } from './segments.js';
import { meanBeside, median } from './statistics.js';
import { timeStudy } from './study-command.js';
import { formatTable } from './table.js';

/** What is measured, and where it is told. */
export interface StudyBenchmarkOptions {
  readonly runCount?: number;
  readonly stepCount?: number;
  readonly log: (text: string) => void;
}

/** What was found; all times in seconds of the wall's clock. */
export interface StudyBenchmark {
  readonly circumstances: Circumstances;
  readonly runCount: number;
  readonly stepCount: number;
  readonly coreCount: number;
  readonly partCount: number;
  /** The command from each start to its end, with the start of its workers, all evaluations, logs and checkpoints. */
  readonly studySeconds: number;
  readonly computingSeconds: number;
  /** Processor time of its busiest threads, one for each core, which are those that compute; undefined where the system does not tell. */
  readonly threadSeconds: number | undefined;
  /** The part of a segment in which a kernel runs. */
  readonly kernelPart: number;
  /** Undefined where no Python here has torch. */
  readonly pytorch: PytorchStudy | undefined;
}

/** The study in PyTorch. */
export interface PytorchStudy {
  readonly version: string;
  readonly form: string;
  readonly seconds: number;
  /** By each of its measurements, in turn. */
  readonly measured: readonly number[];
}

const batchSize = 64;
const base = {
  task: { name: 'in-context-regression' },
  model: { name: 'gated-rnn', hidden: 80 },
  optimizer: { name: 'adam', learningRate: 1e-4 },
  evaluation: { sequences: batchSize },
  coordination: { contributionLog: false },
};
/** Runs that each process of PyTorch trains at each measurement, of all that it would have to. */
const pytorchRuns = 1;
const limitMilliseconds = 300_000;
const stepsOfSegment = 500;
/** Every further part costs the study another start. */
const partCount = 2;

/** Measures; nothing else should be at work on the machine. */
export async function measureStudy({ runCount = 64, stepCount = 20_000, log }: StudyBenchmarkOptions): Promise<StudyBenchmark> {
  const machine = describeMachine('starling bench --study');
  const coreCount = cpus().length;
  const training = { steps: stepCount, microbatchSize: batchSize, microbatches: 1, digestEvery: 100 };
  const python = findPytorch();
  const [alone, parts, peers]: [number[], number[], PytorchRun[]] = [[], [], []];
  const beside = async (): Promise<void> => {
    log('A run in segments on one thread …');
    alone.push(runAlone(training));
    parts.push(kernelPart(planOf('kernels', training)));
    if (python !== undefined) {
      log(`PyTorch, ${coreCount} processes …`);
      peers.push(await pytorchRun(python, { coreCount, stepCount }));
    }
  };
  const onPart = (part: number): void => log(`A study of ${runCount} runs of ${stepCount} steps, part ${part} of ${partCount} …`);
  const times = await timeStudy({ base: { ...base, training }, runCount, coreCount, partCount, beside, onPart });
  const ofAll = (secondsPerRun: number): number => (runCount * secondsPerRun) / coreCount;
  return {
    circumstances: { ...machine, loadAfter: currentLoad() },
    ...{ runCount, stepCount, coreCount, partCount, ...times, computingSeconds: ofAll(meanBeside(alone)) },
    ...{ kernelPart: meanBeside(parts), pytorch: studyOf(peers, ofAll) },
  };
}

function studyOf(runs: readonly PytorchRun[], ofAll: (secondsPerRun: number) => number): PytorchStudy | undefined {
  const [fastest] = runs.toSorted((a, b) => a.secondsPerRun - b.secondsPerRun);
  if (fastest === undefined) return undefined;
  const { version, form } = fastest;
  const measured = runs.map(({ secondsPerRun }) => ofAll(secondsPerRun));
  return { version, form, seconds: meanBeside(measured), measured };
}

const planOf = (name: string, training: { readonly steps: number }): TrainingPlan =>
  buildPlan(parseRunConfig({ name, ...base, training }));

/** Seconds of a whole run on this thread, in segments as long as a study's between two checkpoints. */
function runAlone(training: { readonly steps: number; readonly digestEvery: number }): number {
  const begin = performance.now();
  const { initialState, requestOf, compute } = segmentsOf(planOf('alone', training), training.digestEvery);
  let state = initialState;
  for (let first = 0; first < training.steps; first += stepsOfSegment) {
    const steps = { first, count: Math.min(stepsOfSegment, training.steps - first) };
    state = compute(requestOf(state, steps), steps);
  }
  return (performance.now() - begin) / 1000;
}

/** What a process of PyTorch answers that trained whole runs. */
interface PytorchRuns {
  readonly version: string;
  readonly form: string;
  readonly secondsPerRun: readonly number[];
  /** Before and after, by run. */
  readonly heldOutLosses: readonly (readonly [number, number])[];
}

interface PytorchRun {
  readonly version: string;
  readonly form: string;
  readonly secondsPerRun: number;
}

/** A run of the study, the median over runs of the slowest process, with all of them at work. */
async function pytorchRun(python: string, { coreCount, stepCount }: { readonly coreCount: number; readonly stepCount: number }) {
  const folder = await mkdtemp(path.join(tmpdir(), 'starling-pytorch-'));
  const task = {
    ...{ stepCount, batchSize, hidden: base.model.hidden, contextLength: 12, inputDimension: 3, outputDimension: 3 },
    ...{ learningRate: base.optimizer.learningRate, folder, runCount: pytorchRuns },
  };
  try {
    const answers = await Promise.all(
      Array.from({ length: coreCount }, (_, process) => {
        const own = JSON.stringify({ ...task, firstSeed: process * pytorchRuns });
        const candidate = { command: python, args: [sourcePath('peers/pytorch-study.py'), own] };
        return measureCandidate(candidate, limitMilliseconds) as Promise<PytorchRuns>;
      }),
    );
    for (const { heldOutLosses } of answers) {
      for (const [first, last] of heldOutLosses) {
        if (!(last < first)) throw new Error(`Cannot measure PyTorch: held-out losses ${first} and ${last} found, a fall wanted`);
      }
    }
    const runs = answers.map(({ version, form, secondsPerRun }) => ({ version, form, secondsPerRun: median(secondsPerRun) }));
    return runs.reduce((slowest, one) => (one.secondsPerRun > slowest.secondsPerRun ? one : slowest));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
const inSeconds = (x: number): string => `${x.toFixed(1)} s`;
const judge = (isMet: boolean): string => (isMet ? 'met' : 'missed');

function kernelRows({
  threadSeconds,
  kernelPart: part,
  coreCount,
  studySeconds,
}: StudyBenchmark): readonly (readonly string[])[] {
  if (threadSeconds === undefined) return [['cores busy with kernels', 'not here', 'at least 90 %', '', 'not measured']];
  const busy = threadSeconds / coreCount / studySeconds;
  return [
    ['processor time of its compute threads, divided by cores', inSeconds(threadSeconds / coreCount), '', percent(busy), ''],
    [`cores busy with kernels, ${percent(part)} of that`, '', 'at least 90 %', percent(busy * part), judge(busy * part >= 0.9)],
  ];
}

function pytorchRows(pytorch: PytorchStudy | undefined, studySeconds: number): readonly (readonly string[])[] {
  if (pytorch === undefined) return [['PyTorch', 'not here', 'at least 4 ×', '', 'not measured']];
  const ratio = pytorch.seconds / studySeconds;
  const [least, most] = [Math.min(...pytorch.measured), Math.max(...pytorch.measured)];
  const name = `the study in PyTorch ${pytorch.version}, a process on each core (${pytorch.form})`;
  return [
    [name, inSeconds(pytorch.seconds), 'at least 4 ×', `${ratio.toFixed(2)} ×`, judge(ratio >= 4)],
    [
      'by its fastest and its slowest measurement',
      `${inSeconds(least)}, ${inSeconds(most)}`,
      '',
      `${(least / studySeconds).toFixed(2)} × to ${(most / studySeconds).toFixed(2)} ×`,
      '',
    ],
  ];
}

/** The benchmark as Markdown. */
export function formatStudyBenchmark(found: StudyBenchmark): string {
  const { circumstances, runCount, stepCount, coreCount, studySeconds, computingSeconds, pytorch } = found;
  const { date, commit, modified, processor, loadBefore, loadAfter, versions } = circumstances;
  const ratio = studySeconds / computingSeconds;
  return [
    `# A study of ${runCount} runs, ${date}, ${commit}${modified ? ' (modified)' : ''}`,
    '',
    `Eq. 2, n = 80, in-context regression, batch ${batchSize}, ${stepCount} steps each, on ${coreCount} cores: ${processor}.`,
    `Load before ${loadBefore.toFixed(2)}, after ${loadAfter.toFixed(2)}. ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
    '',
    formatTable({
      title: 'Times',
      columns: ['what', '>time', 'target', '>measured', 'verdict'],
      rows: [
        [`the study, from command to end, ${found.partCount} times`, inSeconds(studySeconds), '', '', ''],
        [
          'computing alone, divided by cores',
          inSeconds(computingSeconds),
          'at most 1.15 ×',
          `${ratio.toFixed(3)} ×`,
          judge(ratio <= 1.15),
        ],
        ...kernelRows(found),
        ...pytorchRows(pytorch, studySeconds),
      ],
    }),
    `The study was stopped after each of ${partCount} parts and continued. Computing alone and PyTorch were measured before each part and after the`,
    'last one, and each part is compared with the mean of what was found on both of its sides. PyTorch trains a whole run in each process at each',
    'measurement. It draws sequences for 50 steps at once, clips, follows the schedule, logs every step, evaluates, and writes a checkpoint.',
    "Its starts are not counted; the study's are.",
    '',
  ].join('\n');
}
