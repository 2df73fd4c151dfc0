// Which color a worker has in the tree and in the table.

/** So many colors there are; after them they begin again. */
export const hueCount = 8;

/** Gives colors in the order in which workers are first seen, and keeps them. */
export class WorkerHues {
  readonly #hues = new Map<string, number>();

  of(id: string): number {
    const known = this.#hues.get(id);
    if (known !== undefined) return known;
    const hue = this.#hues.size % hueCount;
    this.#hues.set(id, hue);
    return hue;
  }
}
