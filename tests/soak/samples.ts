// What a coordinator looks like from outside, every few seconds, and what that says after a while.

import { readdirSync } from 'node:fs';

/** A coordinator at one moment. */
export interface Sample {
  /** Since the beginning. */
  readonly minutes: number;
  readonly step: number;
  /** Since the sample before; undefined where no step was committed. */
  readonly millisecondsPerStep: number | undefined;
  readonly rssMegabytes: number;
  readonly heapMegabytes: number;
  /** Undefined where the system does not show them. */
  readonly descriptors: number | undefined;
  readonly workers: number;
}

/** A coordinator with many tabs at one moment. */
export interface TabSample extends Sample {
  /** Since the sample before. */
  readonly contributionsPerSecond: number;
  /** Of the coordinator's processors; a busy machine slows contributions down, and does not make them dearer. */
  readonly processorMicrosecondsPerContribution: number;
  /** Memory outside of the heap: frames and sums. */
  readonly externalMegabytes: number;
}

/** The open descriptors of a process; undefined where the system does not show them. */
export function descriptorsOf(processId: number): number | undefined {
  try {
    return readdirSync(`/proc/${processId}/fd`).length;
  } catch {
    return undefined;
  }
}

/** The slope of a line through points, by least squares: Σ (x − x̄)(y − ȳ) / Σ (x − x̄)². */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const products = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return products / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

/** Of so many points in a row the lowest: what is used for good, rather than until the next collection of garbage. */
export function floorsOf(
  points: readonly (readonly [x: number, y: number])[],
  count: number,
): readonly (readonly [number, number])[] {
  const windows = Array.from({ length: Math.floor(points.length / count) }, (_, index) =>
    points.slice(index * count, (index + 1) * count),
  );
  return windows.flatMap((window) => [...window].sort(([, a], [, b]) => a - b).slice(0, 1));
}

/** Samples of the first, the second and the last third of a time. */
export function thirds(
  samples: readonly Sample[],
  minutes: number,
): readonly [readonly Sample[], readonly Sample[], readonly Sample[]] {
  const within = (first: number, last: number): readonly Sample[] =>
    samples.filter((sample) => sample.minutes >= (first * minutes) / 3 && sample.minutes < (last * minutes) / 3);
  return [within(0, 1), within(1, 2), within(2, Infinity)];
}
