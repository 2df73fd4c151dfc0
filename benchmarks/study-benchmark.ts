// A study of many runs by the real command, beside computing alone and beside PyTorch: how much of all cores is lost to everything that is
// not a step, and what the same study would take where one process trains on each core.
//
//   kernels              (processor time of the busiest threads, one for each core) × (kernels' part of a segment, measured in turn) / cores
//   computing alone      runs × (a run in segments on one thread, nothing else at work) / cores
//   PyTorch              runs × (a run, one process on each core at the same time, the fastest form) / cores
//   PyTorch's steps      runs × steps × (a step on data that lie ready, the same way) / cores
//
// All but the study is measured before it and after it: of computing alone the mean counts, of PyTorch the faster one.

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { buildPlan, parseRunConfig, type TrainingPlan } from '../learning/index.js';
import { measureCandidate, sourcePath } from './child-process.js';
import { kernelPart } from './kernel-part.js';
import { currentLoad, describeMachine } from './machine.js';
import type { PeerAnswer } from './peers/peer.js';
import { findPytorch } from './python.js';
import { segmentsOf } from './segments.js';
import { median } from './statistics.js';
import { formatTable } from './table.js';
import type { Circumstances } from './report.js';
import { watchThreads } from './thread-times.js';
import { workloadNamed } from './workloads.js';

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
  /** The command from its start to its end, with the start of its workers, all evaluations, logs and checkpoints. */
  readonly studySeconds: number;
  readonly computingSeconds: number;
  /** Processor time of its busiest threads, one for each core, which are those that compute; undefined where the system does not tell. */
  readonly threadSeconds: number | undefined;
  /** The part of a segment in which a kernel runs. */
  readonly kernelPart: number;
  /** Undefined where no Python here has torch. */
  readonly pytorch: PytorchStudy | undefined;
}

/** The study in PyTorch, and its steps alone: times of the whole. */
export interface PytorchStudy {
  readonly version: string;
  readonly form: string;
  readonly seconds: number;
  readonly steps: { readonly form: string; readonly seconds: number };
}

const batchSize = 64;
const base = {
  task: { name: 'in-context-regression' },
  model: { name: 'gated-rnn', hidden: 80 },
  optimizer: { name: 'adam', learningRate: 1e-4 },
  evaluation: { sequences: batchSize },
  coordination: { contributionLog: false },
};
const pytorchMilliseconds = 3000;
/** Runs that each process of PyTorch trains before and after the study, of all that it would have to. */
const pytorchRuns = 1;
const limitMilliseconds = 300_000;
const stepsOfSegment = 500;

/** Measures; nothing else should be at work on the machine. */
export async function measureStudy({ runCount = 64, stepCount = 20_000, log }: StudyBenchmarkOptions): Promise<StudyBenchmark> {
  const machine = describeMachine('starling bench --study');
  const coreCount = cpus().length;
  const training = { steps: stepCount, microbatchSize: batchSize, microbatches: 1, digestEvery: 100 };
  log('A run in segments on one thread …');
  const before = runAlone(training);
  const partBefore = kernelPart(planOf('kernels', training));
  const python = findPytorch();
  const stepsPerCore = (runCount * stepCount) / coreCount;
  const measurePeer = async (): Promise<PytorchStudy | undefined> => {
    if (python === undefined) return undefined;
    log(`PyTorch, ${coreCount} processes …`);
    const { milliseconds, form } = await pytorchStep(python, coreCount);
    const whole = await pytorchRun(python, { coreCount, stepCount });
    const seconds = (whole.secondsPerRun * runCount) / coreCount;
    return { version: whole.version, form: whole.form, seconds, steps: { form, seconds: (stepsPerCore * milliseconds) / 1000 } };
  };
  const peerBefore = await measurePeer();
  log(`A study of ${runCount} runs of ${stepCount} steps …`);
  const { studySeconds, threadSeconds } = await timeStudy({ base: { ...base, training }, runCount, coreCount });
  // Before and after, and the faster of both: a machine that was slow for a while must not speak for the study.
  const peerAfter = await measurePeer();
  const peers = [peerBefore, peerAfter].flatMap((one) => one ?? []);
  const secondsAlone = (before + runAlone(training)) / 2;
  return {
    circumstances: { ...machine, loadAfter: currentLoad() },
    ...{ runCount, stepCount, coreCount, studySeconds, computingSeconds: (runCount * secondsAlone) / coreCount },
    ...{ threadSeconds, kernelPart: (partBefore + kernelPart(planOf('kernels', training))) / 2 },
    pytorch: peers.length === 0 ? undefined : fasterOf(peers),
  };
}

function fasterOf(peers: readonly PytorchStudy[]): PytorchStudy {
  const [study] = peers.toSorted((a, b) => a.seconds - b.seconds);
  const [steps] = peers.map((peer) => peer.steps).toSorted((a, b) => a.seconds - b.seconds);
  return { ...study!, steps: steps! };
}

const planOf = (name: string, training: { readonly steps: number }): TrainingPlan =>
  buildPlan(parseRunConfig({ name, ...base, training }));

/** Seconds of a whole run on this thread, in segments as long as a study's between two checkpoints. */
function runAlone(training: { readonly steps: number; readonly digestEvery: number }): number {
  const begin = performance.now();
  const { initialState, compute } = segmentsOf(planOf('alone', training), training.digestEvery);
  let state = initialState;
  for (let step = 0; step < training.steps; step += stepsOfSegment) {
    state = compute(state, step, Math.min(stepsOfSegment, training.steps - step));
  }
  return (performance.now() - begin) / 1000;
}

/** The slowest process's fastest form, with all of them at work. */
async function pytorchStep(python: string, processCount: number) {
  const workload = { ...workloadNamed('W1-last'), batchSize };
  const task = { workload, threads: 1, milliseconds: pytorchMilliseconds };
  const candidate = { command: python, args: [sourcePath('peers/pytorch.py'), JSON.stringify(task)] };
  const answers = await Promise.all(
    Array.from({ length: processCount }, () => measureCandidate(candidate, limitMilliseconds) as Promise<PeerAnswer>),
  );
  const best = answers.map(({ version, forms }) => {
    const [first] = forms.toSorted((a, b) => a.timing.medianMilliseconds - b.timing.medianMilliseconds);
    if (first === undefined) throw new Error('Cannot measure PyTorch: no form found, one wanted');
    return { version, form: first.form, milliseconds: first.timing.medianMilliseconds };
  });
  return best.reduce((slowest, one) => (one.milliseconds > slowest.milliseconds ? one : slowest));
}

/** What a process of PyTorch answers that trained whole runs. */
interface PytorchRuns {
  readonly version: string;
  readonly form: string;
  readonly secondsPerRun: readonly number[];
  /** Before and after, by run. */
  readonly heldOutLosses: readonly (readonly [number, number])[];
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

interface TimedStudy {
  readonly base: object;
  readonly runCount: number;
  readonly coreCount: number;
}

async function timeStudy({ base: common, runCount, coreCount }: TimedStudy) {
  const folder = await mkdtemp(path.join(tmpdir(), 'starling-study-'));
  try {
    const file = path.join(folder, 'study.yaml');
    const seeds = Array.from({ length: runCount }, (_, seed) => seed);
    await writeFile(file, JSON.stringify({ name: 'benchmark', base: common, grid: { seed: seeds } }));
    const args = ['study', file, '--out', path.join(folder, 'out'), '--threads', String(coreCount), '--quiet', '--json'];
    const begin = performance.now();
    const child = spawn(process.execPath, [sourcePath('../dist/command-line/main.js'), ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const watch = watchThreads(child.pid ?? 0);
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    const threads = watch.stop();
    const studySeconds = (performance.now() - begin) / 1000;
    if (code !== 0) throw new Error(`Cannot measure the study: exit code ${code ?? 'unknown'} found, 0 wanted`);
    const { complete } = JSON.parse(await readFile(path.join(folder, 'out', 'results.json'), 'utf8')) as { complete: boolean };
    if (!complete) throw new Error('Cannot measure the study: runs that have not ended found, none wanted');
    return { studySeconds, threadSeconds: threads?.slice(0, coreCount).reduce((sum, one) => sum + one, 0) };
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
  const [whole, steps] = [pytorch.seconds, pytorch.steps.seconds].map((seconds) => seconds / studySeconds) as [number, number];
  const name = `the study in PyTorch ${pytorch.version}, a process on each core (${pytorch.form})`;
  const stepsName = `its steps alone, data ready, nothing clipped (${pytorch.steps.form})`;
  return [
    [name, inSeconds(pytorch.seconds), 'at least 4 ×', `${whole.toFixed(2)} ×`, judge(whole >= 4)],
    [stepsName, inSeconds(pytorch.steps.seconds), '', `${steps.toFixed(2)} ×`, ''],
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
        ['the study, from command to end', inSeconds(studySeconds), '', '', ''],
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
    'PyTorch trains a whole run in each process, before and after the study, and the faster one counts. It draws sequences for 50 steps at once, clips,',
    'follows the schedule, logs every step, evaluates, and writes a checkpoint.',
    "Its start is not counted; the study's is.",
    '',
  ].join('\n');
}
