// Curves of bounded size, whatever their length. The coordinator and the live page keep them by the same rules, so that a part of a
// curve that travels finds its place on the other side.
//
//   bucket i covers the positions [i w, (i + 1) w); where there are too many, the width w doubles and neighbors merge

/** A bucket as it travels: which one, of how many values, their mean, the smallest, the largest and the last of them. */
export type LiveBucket = readonly [index: number, count: number, mean: number, smallest: number, largest: number, last: number];

/** A curve or the newest part of one. */
export interface LiveCurve {
  /** Positions of a bucket. */
  readonly width: number;
  readonly buckets: readonly LiveBucket[];
}

interface Bucket {
  index: number;
  count: number;
  mean: number;
  smallest: number;
  largest: number;
  last: number;
}

/** Values at ascending positions, in at most `limit` buckets. */
export class DecimatedCurve {
  readonly #limit: number;
  #width = 1;
  #buckets: Bucket[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds a value at a whole position that is not before the last one; constant time but for the rare doublings. */
  add(position: number, value: number): void {
    if (!Number.isFinite(value)) return;
    const index = Math.floor(position / this.#width);
    const open = this.#buckets.at(-1);
    if (open !== undefined && index <= open.index) {
      extend(open, { index, count: 1, mean: value, smallest: value, largest: value, last: value });
      return;
    }
    this.#buckets.push({ index, count: 1, mean: value, smallest: value, largest: value, last: value });
    while (this.#buckets.length > this.#limit) this.#double();
  }

  /** The buckets that reach beyond a position. */
  since(position: number): LiveCurve {
    const first = Math.floor(position / this.#width);
    let begin = this.#buckets.length;
    while (begin > 0 && (this.#buckets[begin - 1]?.index ?? -1) >= first) begin -= 1;
    return { width: this.#width, buckets: this.#buckets.slice(begin).map(travelling) };
  }

  /** The whole curve. */
  get all(): LiveCurve {
    return { width: this.#width, buckets: this.#buckets.map(travelling) };
  }

  /** The first, the smallest and the largest mean of a bucket; undefined where there is none. */
  get extent(): { readonly first: number; readonly smallest: number; readonly largest: number } | undefined {
    const [first] = this.#buckets;
    if (first === undefined) return undefined;
    let [smallest, largest] = [first.mean, first.mean];
    for (const { mean } of this.#buckets) [smallest, largest] = [Math.min(smallest, mean), Math.max(largest, mean)];
    return { first: first.mean, smallest, largest };
  }

  /** The whole curve in at most so many buckets. */
  coarse(limit: number): LiveCurve {
    const coarse = new DecimatedCurve(limit);
    coarse.replace(this.all);
    return coarse.all;
  }

  /** Puts a newer part in place of what is known from its beginning on. */
  replace({ width, buckets }: LiveCurve): void {
    while (this.#width < width) this.#double();
    const [first] = buckets;
    if (first === undefined) return;
    while (this.#buckets.length > 0 && (this.#buckets.at(-1)?.index ?? -1) >= first[0]) this.#buckets.pop();
    for (const [index, count, mean, smallest, largest, last] of buckets) {
      this.#buckets.push({ index, count, mean, smallest, largest, last });
    }
    while (this.#buckets.length > this.#limit) this.#double();
  }

  #double(): void {
    this.#width *= 2;
    const merged: Bucket[] = [];
    for (const bucket of this.#buckets) {
      const index = Math.floor(bucket.index / 2);
      const left = merged.at(-1);
      if (left?.index === index) extend(left, bucket);
      else merged.push({ ...bucket, index });
    }
    this.#buckets = merged;
  }
}

function extend(bucket: Bucket, { count, mean, smallest, largest, last }: Bucket): void {
  bucket.count += count;
  bucket.mean += ((mean - bucket.mean) * count) / bucket.count;
  bucket.smallest = Math.min(bucket.smallest, smallest);
  bucket.largest = Math.max(bucket.largest, largest);
  bucket.last = last;
}

/** Seven digits show everything that a picture can. */
const rounded = (value: number): number => Number(value.toPrecision(7));

function travelling({ index, count, mean, smallest, largest, last }: Bucket): LiveBucket {
  return [index, count, rounded(mean), rounded(smallest), rounded(largest), rounded(last)];
}

/** Samples at ascending steps, at most `limit` of them, evenly spread; the first and the last one are always among them. */
export class ThinnedSamples<T extends { readonly step: number }> {
  readonly #limit: number;
  #spacing = 0;
  #samples: readonly T[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get all(): readonly T[] {
    return this.#samples;
  }

  /** The samples after a step. */
  since(step: number): readonly T[] {
    return this.#samples.filter((sample) => sample.step > step);
  }

  /** Begins with samples that were thinned elsewhere, and goes on at their distance. */
  begin(samples: readonly T[]): void {
    const [first, last] = [samples[0], samples.at(-1)];
    const wasThinned = samples.length > this.#limit / 2 && first !== undefined && last !== undefined;
    this.#samples = samples;
    this.#spacing = wasThinned ? (last.step - first.step) / samples.length : 0;
  }

  /** Takes a sample of a later step; anything else is known already. */
  offer(sample: T): void {
    const [before, last] = [this.#samples.at(-2), this.#samples.at(-1)];
    if (last !== undefined && sample.step <= last.step) return;
    // A last sample that is too near to the one before has stood there for the time being.
    const isProvisional = before !== undefined && last !== undefined && last.step - before.step < this.#spacing;
    this.#samples = [...(isProvisional ? this.#samples.slice(0, -1) : this.#samples), sample];
    if (this.#samples.length <= this.#limit) return;
    const lastIndex = this.#samples.length - 1;
    this.#samples = this.#samples.filter((_, index) => index % 2 === 0 || index === lastIndex);
    this.#spacing = (2 * (sample.step - (this.#samples[0]?.step ?? 0))) / this.#limit;
  }
}
