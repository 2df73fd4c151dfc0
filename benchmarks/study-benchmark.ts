// A study of many runs by the real command, beside computing alone and beside PyTorch: how much of all cores is lost to everything that is
// not a step, and what the same study would take where one process trains on each core.
//
//   computing alone    runs × steps × (a step of the serial trainer on one thread, nothing else at work) / cores
//   PyTorch            runs × steps × (a step, one process on each core at the same time, the fastest form) / cores

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { wasmBackend } from '../backends/index.js';
import { buildPlan, parseRunConfig, trainSerially } from '../learning/index.js';
import { measureCandidate, sourcePath } from './child-process.js';
import { currentLoad, describeMachine } from './machine.js';
import type { PeerAnswer } from './peers/peer.js';
import { findPytorch } from './python.js';
import { formatTable } from './table.js';
import type { Circumstances } from './report.js';
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
  /** Undefined where no Python here has torch. */
  readonly pytorch: { readonly version: string; readonly form: string; readonly seconds: number } | undefined;
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
const limitMilliseconds = 120_000;

/** Measures; nothing else should be at work on the machine. */
export async function measureStudy({ runCount = 64, stepCount = 2000, log }: StudyBenchmarkOptions): Promise<StudyBenchmark> {
  const machine = describeMachine('starling bench --study');
  const coreCount = cpus().length;
  const training = { steps: stepCount, microbatchSize: batchSize, microbatches: 1, digestEvery: 100 };
  log('A step by the serial trainer …');
  const before = serialStep(training);
  const python = findPytorch();
  const measurePeer = async () => {
    if (python === undefined) return undefined;
    log(`PyTorch, ${coreCount} processes …`);
    return pytorchStep(python, coreCount);
  };
  const peerBefore = await measurePeer();
  log(`A study of ${runCount} runs of ${stepCount} steps …`);
  const studySeconds = await timeStudy({ base: { ...base, training }, runCount, coreCount });
  // Before and after, and the faster of both: a machine that was slow for a while must not speak for the study.
  const peerAfter = await measurePeer();
  const peer = [peerBefore, peerAfter].flatMap((one) => one ?? []).toSorted((a, b) => a.milliseconds - b.milliseconds)[0];
  const stepMilliseconds = Math.min(before, serialStep(training));
  const stepsPerCore = (runCount * stepCount) / coreCount;
  return {
    circumstances: { ...machine, loadAfter: currentLoad() },
    ...{ runCount, stepCount, coreCount, studySeconds, computingSeconds: (stepsPerCore * stepMilliseconds) / 1000 },
    pytorch:
      peer === undefined
        ? undefined
        : { version: peer.version, form: peer.form, seconds: (stepsPerCore * peer.milliseconds) / 1000 },
  };
}

/** Milliseconds of a step, the mean over a whole run: the first steps, which compile, are part of every run. */
function serialStep(training: { readonly steps: number }): number {
  const plan = buildPlan(parseRunConfig({ name: 'serial', ...base, training }));
  const begin = performance.now();
  let count = 0;
  for (const { state } of trainSerially(plan, wasmBackend, () => '')) count = state.step;
  return (performance.now() - begin) / count;
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

interface TimedStudy {
  readonly base: object;
  readonly runCount: number;
  readonly coreCount: number;
}

async function timeStudy({ base: common, runCount, coreCount }: TimedStudy): Promise<number> {
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
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    const seconds = (performance.now() - begin) / 1000;
    if (code !== 0) throw new Error(`Cannot measure the study: exit code ${code ?? 'unknown'} found, 0 wanted`);
    const { complete } = JSON.parse(await readFile(path.join(folder, 'out', 'results.json'), 'utf8')) as { complete: boolean };
    if (!complete) throw new Error('Cannot measure the study: runs that have not ended found, none wanted');
    return seconds;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The benchmark as Markdown. */
export function formatStudyBenchmark(found: StudyBenchmark): string {
  const { circumstances, runCount, stepCount, coreCount, studySeconds, computingSeconds, pytorch } = found;
  const { date, commit, modified, processor, loadBefore, loadAfter, versions } = circumstances;
  const ratio = studySeconds / computingSeconds;
  const judge = (isMet: boolean): string => (isMet ? 'met' : 'missed');
  const seconds = (x: number): string => `${x.toFixed(1)} s`;
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
        ['the study, from command to end', seconds(studySeconds), '', '', ''],
        [
          'computing alone, divided by cores',
          seconds(computingSeconds),
          'at most 1.15 ×',
          `${ratio.toFixed(3)} ×`,
          judge(ratio <= 1.15),
        ],
        ['all cores with kernels', '', 'at least 90 %', `${(100 / ratio).toFixed(1)} %`, judge(1 / ratio >= 0.9)],
        pytorch === undefined
          ? ['PyTorch', 'not here', 'at least 4 ×', '', 'not measured']
          : [
              `PyTorch ${pytorch.version}, a process on each core, steps alone (${pytorch.form})`,
              ...[seconds(pytorch.seconds), 'at least 4 ×', `${(pytorch.seconds / studySeconds).toFixed(2)} ×`],
              judge(pytorch.seconds / studySeconds >= 4),
            ],
      ],
    }),
    "PyTorch's data lie ready and nothing is recorded; the study draws its data, evaluates, and writes logs and checkpoints.",
    '',
  ].join('\n');
}
