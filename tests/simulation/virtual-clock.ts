// Time that passes only when the simulation lets it: a queue of things to happen, in order.

interface Entry {
  readonly time: number;
  /** Of two things at the same time the one that was asked for first comes first. */
  readonly order: number;
  readonly task: () => void;
}

/** The clock of a simulated world, in milliseconds. */
export class VirtualClock {
  #now = 0;
  #order = 0;
  readonly #heap: Entry[] = [];

  get now(): number {
    return this.#now;
  }

  /** Lets something happen after so many milliseconds. */
  after(milliseconds: number, task: () => void): void {
    this.#push({ time: this.#now + Math.max(0, milliseconds), order: this.#order++, task });
  }

  /** Lets the next thing happen; false where there is none. */
  step(): boolean {
    const next = this.#pop();
    if (next === undefined) return false;
    this.#now = next.time;
    next.task();
    return true;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      const isRight = left !== undefined && right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (child === undefined || !isBefore(child, last)) break;
      heap[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.time === b.time ? a.order < b.order : a.time < b.time;
}
