// What a run of the benchmarks finds: plain data, printed, judged and recorded elsewhere.

import type { Clock } from './sampling.js';
import type { Timing } from './statistics.js';

/** A speed and where it was found; best from the fastest sample, median from the median one. */
export interface TrainingRate {
  readonly type: 'training';
  readonly workload: string;
  /** `starling`: drawing the data left out, as for the others; `starling with data`: everything. */
  readonly candidate: string;
  /** How the candidate wrote the workload down. */
  readonly form: string;
  readonly threadCount: number;
  readonly clock: Clock;
  /** Sequences of one sample. */
  readonly batchSize: number;
  readonly timing: Timing;
  /** Of one sequence, counted before any fusion, the same for every candidate. */
  readonly flopsPerSequence: number;
}

/** GFLOP/s of the register-only loop or of a matmul. */
export interface PeakRate {
  readonly type: 'peak';
  readonly name: string;
  readonly bestGigaflops: number;
  readonly medianGigaflops: number;
}

/** The same lease by one thread and by several, on the wall's clock. */
export interface ThreadScaling {
  readonly type: 'threads';
  readonly workload: string;
  readonly threadCount: number;
  readonly sequencesPerLease: number;
  readonly oneThread: Timing;
  readonly allThreads: Timing;
}

/** A step of a whole run: coordinator and worker processes, sockets and the run's folder. */
export interface WholeStep {
  readonly type: 'step';
  readonly threadCount: number;
  readonly stepMilliseconds: number;
  /** The same step's kernels on as many threads, nothing else. */
  readonly kernelMilliseconds: number;
  /** More than one where the coordinator chose segments. */
  readonly stepsAtOnce: number;
}

/** How many contributions a coordinator takes. */
export interface CoordinatorRate {
  readonly type: 'coordinator';
  readonly connectionCount: number;
  readonly payloadBytes: number;
  readonly contributionsPerSecond: number;
  readonly contributionsPerStep: number;
  readonly processorMicrosecondsPerContribution: number;
}

/** The GPU, and how its operations compare with the interpreter's. */
export interface GpuFinding {
  readonly type: 'gpu';
  readonly adapter: string;
  readonly isSoftware: boolean;
  readonly arithmetic: string;
  readonly operationCount: number;
  readonly differing: readonly string[];
  readonly isProgramEqual: boolean;
}

/** Whether a workload on the GPU has the bits of WASM. */
export interface BitsFinding {
  readonly type: 'bits';
  readonly workload: string;
  readonly isEqual: boolean;
}

/** What could not be measured here, and why. */
export interface Unavailable {
  readonly type: 'unavailable';
  readonly name: string;
  readonly reason: string;
}

/** One result of a run of the benchmarks. */
export type Measurement =
  TrainingRate | PeakRate | ThreadScaling | WholeStep | CoordinatorRate | GpuFinding | BitsFinding | Unavailable;

/** Where and with what the benchmarks ran. */
export interface Circumstances {
  readonly date: string;
  readonly commit: string;
  /** Whether files differed from the commit. */
  readonly modified: boolean;
  readonly processor: string;
  readonly coreCount: number;
  readonly memoryBytes: number;
  /** Over one minute, before and after. */
  readonly loadBefore: number;
  readonly loadAfter: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly command: string;
}

/** A target and what became of it. */
export interface Verdict {
  readonly target: string;
  readonly wanted: string;
  readonly measured: string;
  readonly verdict: 'met' | 'missed' | 'not measured';
}

/** Everything a run of the benchmarks found. */
export interface BenchmarkReport {
  readonly circumstances: Circumstances;
  readonly measurements: readonly Measurement[];
  readonly verdicts: readonly Verdict[];
  readonly seconds: number;
}

/** Sequences per second: of the fastest sample, or of the median. */
export function sequencesPerSecond({ batchSize, timing }: TrainingRate, which: 'best' | 'median' = 'best'): number {
  return (1000 * batchSize) / (which === 'best' ? timing.minimumMilliseconds : timing.medianMilliseconds);
}

/** GFLOP/s of the fastest sample. */
export const gigaflops = (rate: TrainingRate): number => (sequencesPerSecond(rate) * rate.flopsPerSequence) / 1e9;

/** The fastest way in which a candidate trains a workload, or undefined where it was not measured. */
export function fastest(
  measurements: readonly Measurement[],
  workload: string,
  candidate: string,
  threadCount = 1,
): TrainingRate | undefined {
  const rates = measurements.filter(
    (found): found is TrainingRate =>
      found.type === 'training' &&
      found.workload === workload &&
      found.candidate === candidate &&
      found.threadCount === threadCount,
  );
  return rates.reduce<TrainingRate | undefined>(
    (best, rate) => (best === undefined || sequencesPerSecond(rate) > sequencesPerSecond(best) ? rate : best),
    undefined,
  );
}

/** The rate of a peak in GFLOP/s, or undefined. */
export function peakOf(measurements: readonly Measurement[], name: string): number | undefined {
  return measurements.find((found): found is PeakRate => found.type === 'peak' && found.name === name)?.bestGigaflops;
}
