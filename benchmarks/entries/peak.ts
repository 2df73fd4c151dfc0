// Peak loop and matmul micro-kernel, in turn in one process.

import v8 from 'node:v8';
import { giveAnswer, readTask } from '../child-process.js';
import { prepareMicroKernel } from '../micro-kernel.js';
import { chainCounts, compilePeakLoop, type PeakKind } from '../peak-loop.js';
import { sampleInTurn, type Step } from '../sampling.js';
import { timingOf, type Timing } from '../statistics.js';

/** What to measure, and for how long. */
export interface PeakTask {
  readonly kind: PeakKind;
  /** Sizes of the matmuls measured beside the loop. */
  readonly sizes: readonly number[];
  readonly warmUpMilliseconds: number;
  readonly milliseconds: number;
}

/** Rates in GFLOP/s: of the fastest sample and of the median. */
export interface GigaflopRate {
  readonly best: number;
  readonly median: number;
}

/** The loop's rate, and the micro-kernel's by size. */
export interface PeakAnswer {
  readonly loop: GigaflopRate;
  readonly kernels: readonly { readonly size: number; readonly rate: GigaflopRate }[];
}

const rows = 16;
const iterationsOfLoop = 50_000;

async function measure(task: PeakTask): Promise<PeakAnswer> {
  if (task.kind === 'relaxed') v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  const loops = chainCounts.map((chainCount) => compilePeakLoop(task.kind, chainCount));
  const kernels = task.sizes.map((size) => prepareMicroKernel(size, rows));
  const samples = await sampleInTurn(
    [
      ...loops.map(
        (loop): Step =>
          () =>
            loop.run(iterationsOfLoop),
      ),
      ...kernels.flatMap(({ shorter, longer }) => [shorter, longer]),
    ],
    { ...task, clock: 'processor' },
  );
  const timings = samples.map(timingOf);
  const rates = loops.map((loop, index) => rateOf(loop.flopsPerIteration * iterationsOfLoop, timings[index]!));
  return {
    loop: rates.reduce((fastest, rate) => (rate.best > fastest.best ? rate : fastest)),
    kernels: kernels.map(({ flops }, index) => {
      const [shorter, longer] = timings.slice(loops.length + 2 * index);
      return { size: task.sizes[index]!, rate: rateOf(flops, longer!, shorter) };
    }),
  };
}

/** The rate of so many operations in the time of a step, less the time of another. */
function rateOf(flops: number, whole: Timing, part?: Timing): GigaflopRate {
  const rate = (milliseconds: number, less = 0): number => flops / (milliseconds - less) / 1e6;
  return {
    best: rate(whole.minimumMilliseconds, part?.minimumMilliseconds),
    median: rate(whole.medianMilliseconds, part?.medianMilliseconds),
  };
}

giveAnswer(await measure(readTask() as PeakTask));
