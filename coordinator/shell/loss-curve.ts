// A run's loss in at most so many points, however long the run is: each is the mean over equally many steps, and whenever there are
// too many, neighbors become one.

import { curvePointLimit, type RunSummary } from '../../protocol/index.js';

interface Bucket {
  /** Its last step. */
  readonly step: number;
  readonly sum: number;
  readonly count: number;
}

const significantDigits = 4;

/** The training loss, step by step. */
export class LossCurve {
  readonly #limit: number;
  #buckets: readonly Bucket[] = [];
  /** Steps of a bucket that is full. */
  #span = 1;

  constructor(limit = curvePointLimit) {
    this.#limit = limit;
  }

  /** Steps and mean losses, ascending. The last point may be a mean over fewer steps than the others. */
  get points(): RunSummary['curve'] {
    return this.#buckets.map(({ step, sum, count }) => [step, Number((sum / count).toPrecision(significantDigits))]);
  }

  /** Notes the loss of a step; steps ascend. A loss that is not finite has no place on a curve. */
  add(step: number, loss: number): void {
    if (!Number.isFinite(loss)) return;
    const last = this.#buckets.at(-1);
    if (last !== undefined && last.count < this.#span) {
      this.#buckets = [...this.#buckets.slice(0, -1), { step, sum: last.sum + loss, count: last.count + 1 }];
      return;
    }
    if (this.#buckets.length === this.#limit) this.#halve();
    this.#buckets = [...this.#buckets, { step, sum: loss, count: 1 }];
  }

  #halve(): void {
    this.#span *= 2;
    this.#buckets = this.#buckets.flatMap((left, index, all) => {
      const right = all[index + 1];
      if (index % 2 === 1) return [];
      if (right === undefined) return [left];
      return [{ step: right.step, sum: left.sum + right.sum, count: left.count + right.count }];
    });
  }
}
