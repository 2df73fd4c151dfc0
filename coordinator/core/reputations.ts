// What is remembered of workers that have left, and of those that were caught. The runs of a study share it: who is out at one of them is
// out at all, and who has proven itself need not begin anew.

/** How many workers that have left, or were caught, are remembered. */
const memoryLimit = 10_000;

/** What is known of a worker from before. */
export interface Reputation {
  /** Where it was. */
  readonly place: string | undefined;
  /** Its sums that others had confirmed, in a row. */
  readonly agreements: number;
}

/** The reputation of workers, by their ids, over their connections. */
export class Reputations {
  readonly #departed = new Map<string, Reputation>();
  /** Ids of workers that were caught with a wrong result. */
  readonly #banned = new Set<string>();

  /** Takes what is known of a worker that comes back. */
  take(workerId: string): Reputation | undefined {
    const known = this.#departed.get(workerId);
    this.#departed.delete(workerId);
    return known;
  }

  /** Remembers a worker that has left. */
  remember(workerId: string, reputation: Reputation): void {
    if (reputation.agreements === 0) return;
    this.#departed.set(workerId, reputation);
    if (this.#departed.size > memoryLimit) this.#departed.delete(firstOf(this.#departed.keys()));
  }

  ban(workerId: string): void {
    this.#departed.delete(workerId);
    this.#banned.add(workerId);
    if (this.#banned.size > memoryLimit) this.#banned.delete(firstOf(this.#banned));
  }

  isBanned(workerId: string): boolean {
    return this.#banned.has(workerId);
  }
}

function firstOf(ids: Iterable<string>): string {
  for (const id of ids) return id;
  return '';
}
