// A count that its teller begins anew now and then: a coordinator that was started again knows nothing of what it has accepted before.

/** Adds up a count over restarts. */
export class RestartingCount {
  #before = 0;
  #latest = 0;

  /** Over all restarts. */
  get total(): number {
    return this.#before + this.#latest;
  }

  /** Takes the count as it is told; undefined where nothing is told. A count that has become less has begun anew. */
  note(count: number | undefined): void {
    if (count === undefined) return;
    if (count < this.#latest) this.#before += this.#latest;
    this.#latest = count;
  }
}
