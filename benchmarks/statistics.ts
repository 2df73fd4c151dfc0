// What is kept of repeated measurements: the fastest, which disturbances do not reach, and the median, which they do.

/** Times of one step, repeated. */
export interface Timing {
  readonly minimumMilliseconds: number;
  readonly medianMilliseconds: number;
  readonly sampleCount: number;
}

/** The middle of an odd number of values, the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('Cannot take a median: 0 values found, at least 1 wanted');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle]!;
  return sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2;
}

/** Minimum and median of times. */
export function timingOf(milliseconds: readonly number[]): Timing {
  return {
    minimumMilliseconds: Math.min(...milliseconds),
    medianMilliseconds: median(milliseconds),
    sampleCount: milliseconds.length,
  };
}

/** The time of a whole without one of its parts; where noise hides the difference, a hundredth of the whole. */
export function withoutPart(whole: Timing, part: Timing): Timing {
  const rest = (a: number, b: number): number => Math.max(a - b, a / 100);
  return {
    minimumMilliseconds: rest(whole.minimumMilliseconds, part.minimumMilliseconds),
    medianMilliseconds: rest(whole.medianMilliseconds, part.medianMilliseconds),
    sampleCount: whole.sampleCount,
  };
}
