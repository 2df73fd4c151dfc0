// Sequences per second over the last few seconds.

const windowMilliseconds = 5000;

/** Counts what is done and how fast. */
export class Throughput {
  #done: { readonly at: number; readonly count: number }[] = [];
  #total = 0;

  /** All that was done. */
  get total(): number {
    return this.#total;
  }

  /** Notes that `count` sequences are done at time `now` in milliseconds. */
  add(count: number, now: number): void {
    this.#total += count;
    this.#done.push({ at: now, count });
    this.#forget(now);
  }

  /** Sequences per second up to `now`; 0 where nothing was done lately. */
  rate(now: number): number {
    this.#forget(now);
    const first = this.#done[0];
    if (first === undefined) return 0;
    const count = this.#done.reduce((sum, entry) => sum + entry.count, 0);
    // One entry has no duration of its own; a second at least is assumed.
    return (1000 * count) / Math.max(1000, now - first.at);
  }

  /** Begins anew: after a pause, old speed says nothing. */
  reset(): void {
    this.#done = [];
  }

  #forget(now: number): void {
    const kept = this.#done.findIndex(({ at }) => at > now - windowMilliseconds);
    this.#done = kept === -1 ? [] : this.#done.slice(kept);
  }
}
