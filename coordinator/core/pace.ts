// How fast a worker is, from the arrivals of its contributions alone.

/** What is known of a worker's time per microbatch, in milliseconds. */
export interface PaceEstimate {
  readonly median: number;
  /** The median absolute deviation from the median. */
  readonly deviation: number;
}

const sampleLimit = 31;

/** The last arrivals of one worker in one program. */
export class Pace {
  readonly #samples: number[] = [];
  #next = 0;
  #measuredAt = -Infinity;
  #estimate: PaceEstimate | undefined;

  /** Undefined until something has arrived. */
  get estimate(): PaceEstimate | undefined {
    if (this.#estimate === undefined && this.#samples.length > 0) this.#estimate = estimateOf(this.#samples);
    return this.#estimate;
  }

  /** When something arrived last. */
  get measuredAt(): number {
    return this.#measuredAt;
  }

  /** Notes at a time that a lease of so many microbatches took so long. */
  add(milliseconds: number, microbatchCount: number, now: number): void {
    this.#measuredAt = now;
    // A clock of coarse resolution may show no time at all; a pace of zero would promise endless work for nothing.
    const sample = Math.max(milliseconds, 1e-3) / microbatchCount;
    this.#samples[this.#next] = sample;
    this.#next = (this.#next + 1) % sampleLimit;
    this.#estimate = undefined;
  }
}

function estimateOf(samples: readonly number[]): PaceEstimate {
  const median = medianOf(samples);
  return { median, deviation: medianOf(samples.map((sample) => Math.abs(sample - median))) };
}

/** The middle of some numbers, the lower one of two; NaN for none. */
export function medianOf(numbers: readonly number[]): number {
  // Typed arrays sort numbers natively; this runs between two steps.
  return new Float64Array(numbers).sort()[(numbers.length - 1) >> 1] ?? NaN;
}
