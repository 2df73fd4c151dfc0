// Which color a worker has in the tree and in the table.

/** So many colors there are; after them they begin again. */
export const hueCount = 8;

/** Gives each worker the color that its id asks for, or the next one that is free, and keeps it. */
export class WorkerHues {
  readonly #hues = new Map<string, number>();

  of(id: string): number {
    const known = this.#hues.get(id);
    if (known !== undefined) return known;
    const hue = this.#free(Number.parseInt(id, 16) || 0);
    this.#hues.set(id, hue);
    return hue;
  }

  /** Where all are taken they begin again. */
  #free(wished: number): number {
    const taken = new Set(this.#hues.values());
    const order = Array.from({ length: hueCount }, (_, index) => (wished + index) % hueCount);
    return order.find((hue) => !taken.has(hue)) ?? wished % hueCount;
  }
}
