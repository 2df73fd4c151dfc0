// A study of many runs by the real command, beside computing alone and beside PyTorch: how much of all cores is lost to everything that is
// not a step, and what the same study would take where one process trains on each core.
//
//   kernels              (processor time of the busiest threads, one for each core) × (kernels' part of a segment, measured in turn) / cores
//   computing alone      runs × (a run in segments on one thread, the mean of one before and one after the study) / cores
//   PyTorch              runs × (a run, one process on each core at the same time, the fastest form) / cores
//
// The study and PyTorch take turns of a few seconds (turns.ts).

import { cpus } from 'node:os';
import { buildPlan, parseRunConfig, type TrainingPlan } from '../learning/index.js';
import { kernelPart } from './kernel-part.js';
import { currentLoad, describeMachine } from './machine.js';
import { preparePytorch } from './peers/pytorch-study.js';
import { findPytorch } from './python.js';
import type { Circumstances } from './report.js';
import { segmentsOf } from './segments.js';
import { prepareStudy } from './study-command.js';
import { formatTable } from './table.js';
import { takeTurns } from './turns.js';

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

/** The study in PyTorch. */
export interface PytorchStudy {
  readonly version: string;
  readonly form: string;
  readonly seconds: number;
  /** Runs that each of its processes trained, of all that it would have to. */
  readonly measuredRuns: number;
}

const batchSize = 64;
const base = {
  task: { name: 'in-context-regression' },
  model: { name: 'gated-rnn', hidden: 80 },
  optimizer: { name: 'adam', learningRate: 1e-4 },
  evaluation: { sequences: batchSize },
  coordination: { contributionLog: false },
};
/** Runs that each process of PyTorch trains, of all that it would have to: they take about as long as the study. */
const pytorchRuns = 8;
const turnMilliseconds = 2500;
const stepsOfSegment = 500;

/** Measures; nothing else should be at work on the machine. */
export async function measureStudy({ runCount = 64, stepCount = 20_000, log }: StudyBenchmarkOptions): Promise<StudyBenchmark> {
  const machine = describeMachine('starling bench --study');
  const coreCount = cpus().length;
  const training = { steps: stepCount, microbatchSize: batchSize, microbatches: 1, digestEvery: 100 };
  log('A run in segments on one thread …');
  const aloneBefore = runAlone(training);
  const partBefore = kernelPart(planOf('kernels', training));
  const study = await prepareStudy({ base: { ...base, training }, runCount, coreCount });
  const python = findPytorch();
  const measuredRuns = Math.min(pytorchRuns, Math.ceil(runCount / coreCount));
  if (python !== undefined) log(`PyTorch looks for its fastest form, in ${coreCount} processes …`);
  const peer =
    python === undefined
      ? undefined
      : await preparePytorch(python, { ...pytorchTask(stepCount), runCount: measuredRuns, coreCount });
  log(`A study of ${runCount} runs of ${stepCount} steps${peer === undefined ? '' : ', in turns with PyTorch'} …`);
  const [studySeconds = 0, peerSeconds = 0] = await takeTurns(
    [() => study.start(), ...(peer === undefined ? [] : [() => peer.start()])],
    turnMilliseconds,
  );
  const threadSeconds = await study.finish();
  await peer?.finish();
  log('A run in segments on one thread …');
  const secondsAlone = (aloneBefore + runAlone(training)) / 2;
  const seconds = (peerSeconds / measuredRuns) * (runCount / coreCount);
  return {
    circumstances: { ...machine, loadAfter: currentLoad() },
    ...{ runCount, stepCount, coreCount, studySeconds, threadSeconds, computingSeconds: (runCount * secondsAlone) / coreCount },
    kernelPart: (partBefore + kernelPart(planOf('kernels', training))) / 2,
    pytorch: peer === undefined ? undefined : { version: peer.version, form: peer.form, seconds, measuredRuns },
  };
}

const pytorchTask = (stepCount: number) => ({
  ...{ stepCount, batchSize, hidden: base.model.hidden, contextLength: 12, inputDimension: 3, outputDimension: 3 },
  learningRate: base.optimizer.learningRate,
});

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
  const { version, form, seconds } = pytorch;
  const ratio = seconds / studySeconds;
  const name = `the study in PyTorch ${version}, a process on each core (${form})`;
  return [[name, inSeconds(seconds), 'at least 4 ×', `${ratio.toFixed(2)} ×`, judge(ratio >= 4)]];
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
    ...(pytorch === undefined ? [] : turnsText(pytorch)),
  ].join('\n');
}

const turnsText = ({ measuredRuns }: PytorchStudy): readonly string[] => [
  `The study and PyTorch took turns of ${turnMilliseconds / 1000} s, the other one being stopped, so that both had the same minutes of this machine; only their own`,
  `turns count. PyTorch trained ${measuredRuns} whole runs in each process. It draws sequences for 50 steps at once, clips, follows the schedule, logs every`,
  "step, evaluates, and writes a checkpoint. Its start is not counted; the study's is.",
  '',
];
