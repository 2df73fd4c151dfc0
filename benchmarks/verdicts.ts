// The targets, each beside what was measured in the same run.

import { furtherWorkloads } from './workloads.js';
import {
  fastest,
  gigaflops,
  peakOf,
  sequencesPerSecond,
  type Measurement,
  type ThreadScaling,
  type Verdict,
  type WholeStep,
} from './report.js';

interface Target {
  readonly target: string;
  readonly unit: '×' | '%';
  readonly bound: 'at least' | 'below';
  readonly wanted: number;
  readonly measured: (measurements: readonly Measurement[]) => number | undefined;
}

/** How many times as fast as a peer we train a workload, one thread each, drawing data left out on both sides. */
function lead(workload: string, peer: string, wanted: number): Target {
  return {
    target: `${workload}: starling against ${peer}`,
    unit: '×',
    bound: 'at least',
    wanted,
    measured: (measurements) => {
      const [ours, theirs] = [fastest(measurements, workload, 'starling'), fastest(measurements, workload, peer)];
      return ours && theirs && sequencesPerSecond(ours) / sequencesPerSecond(theirs);
    },
  };
}

function kernelShare(size: number): Target {
  return {
    target: `matmul n = ${size}: share of the strict peak loop`,
    unit: '%',
    bound: 'at least',
    wanted: 95,
    measured: (measurements) => percentage(peakOf(measurements, `matmul n = ${size}`), peakOf(measurements, 'strict loop')),
  };
}

function versatility(workload: string): Target {
  return {
    target: `${workload}: GFLOP/s against W1-all`,
    unit: '%',
    bound: 'at least',
    wanted: 60,
    measured: (measurements) => {
      const [program, reference] = [fastest(measurements, workload, 'starling'), fastest(measurements, 'W1-all', 'starling')];
      return percentage(program && gigaflops(program), reference && gigaflops(reference));
    },
  };
}

function scaling(workload: string): Target {
  return {
    target: `${workload}: two threads against one`,
    unit: '×',
    bound: 'at least',
    wanted: 1.85,
    measured: (measurements) => {
      const found = measurements.find((one): one is ThreadScaling => one.type === 'threads' && one.workload === workload);
      return found && found.oneThread.minimumMilliseconds / found.allThreads.minimumMilliseconds;
    },
  };
}

function stepOverhead(threadCount: number): Target {
  return {
    target: `whole step, ${threadCount} thread${threadCount === 1 ? '' : 's'}: share of what is not kernels`,
    unit: '%',
    bound: 'below',
    wanted: 10,
    measured: (measurements) => {
      const found = measurements.find((one): one is WholeStep => one.type === 'step' && one.threadCount === threadCount);
      return found && percentage(found.stepMilliseconds - found.kernelMilliseconds, found.stepMilliseconds);
    },
  };
}

const targets: readonly Target[] = [
  lead('W1-last', 'pytorch', 3),
  ...['W1-last', 'W1-all', 'W3-small-linear', 'W3-small-softmax'].flatMap((workload) => [
    lead(workload, 'jax-js', 4),
    lead(workload, 'tfjs-wasm', 12),
  ]),
  kernelShare(80),
  kernelShare(512),
  ...furtherWorkloads.map(({ name }) => versatility(name)),
  ...['W1-last', 'W1-all', 'W2-last', 'W2-all', 'W3-small-linear', 'W3-small-softmax'].map(scaling),
  stepOverhead(1),
  stepOverhead(2),
];

/** On a GPU: the bits of WASM, and small networks faster than by PyTorch at every batch. */
function gpuTargetsOf(measurements: readonly Measurement[]): readonly Target[] {
  const workloads = measurements.flatMap((found) => (found.type === 'bits' ? [found.workload] : []));
  return [
    {
      ...{ target: 'workloads on the GPU with the bits of WASM', unit: '%', bound: 'at least', wanted: 100 },
      measured: (all) => {
        const found = all.filter((one) => one.type === 'bits');
        return found.length === 0 ? undefined : percentage(found.filter(({ isEqual }) => isEqual).length, found.length);
      },
    },
    ...workloads.filter((workload) => /^(W1|W3-small)/.test(workload)).map((workload) => lead(workload, 'pytorch', 1)),
  ];
}

/** Judges a run of the benchmarks on the processor. */
export const judge = (measurements: readonly Measurement[]): readonly Verdict[] => judgeBy(targets, measurements);

/** Judges one on a GPU. */
export const judgeGpu = (measurements: readonly Measurement[]): readonly Verdict[] =>
  judgeBy(gpuTargetsOf(measurements), measurements);

function judgeBy(targetsToMeet: readonly Target[], measurements: readonly Measurement[]): readonly Verdict[] {
  return targetsToMeet.map(({ target, unit, bound, wanted, measured }) => {
    const found = measured(measurements);
    const words = { target, wanted: `${bound} ${wanted} ${unit}` };
    if (found === undefined) return { ...words, measured: '–', verdict: 'not measured' };
    const isMet = bound === 'at least' ? found >= wanted : found < wanted;
    return { ...words, measured: `${found.toFixed(unit === '×' ? 2 : 1)} ${unit}`, verdict: isMet ? 'met' : 'missed' };
  });
}

function percentage(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined ? undefined : (100 * part) / whole;
}
