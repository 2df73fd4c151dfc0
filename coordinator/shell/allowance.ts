// How often something may be done: a stock that is there at once, and that fills slowly.
//
// Frames of a worker: an honest one answers what it is sent, so every frame to it allows one from it, and what it may say beyond that is
// its stock. So no speed of a machine is ever too fast, and nobody can say more than was asked for long.

/** A stock, and what comes into it. */
export interface Rate {
  readonly atOnce: number;
  readonly perSecond: number;
}

/** What may still be done at a rate; `now`, here and below, is in milliseconds of a steady clock. */
export class Allowance {
  readonly #rate: Rate;
  #left: number;
  #filledAt: number;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#left = rate.atOnce;
    this.#filledAt = now;
  }

  /** Allows one more, up to the stock. */
  grant(): void {
    this.#left = Math.min(this.#rate.atOnce, this.#left + 1);
  }

  /** Takes one; false where that is one too many. */
  spend(now: number): boolean {
    this.#fill(now);
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** Whether nothing is missing from the stock. */
  isFull(now: number): boolean {
    this.#fill(now);
    return this.#left === this.#rate.atOnce;
  }

  #fill(now: number): void {
    const refill = ((now - this.#filledAt) / 1000) * this.#rate.perSecond;
    this.#left = Math.min(this.#rate.atOnce, this.#left + refill);
    this.#filledAt = now;
  }
}

/** Addresses that are remembered; beyond, the one that came first is forgotten. */
const addressLimit = 65_536;

/** What each of many addresses may still do. */
export class AllowanceByAddress {
  readonly #rate: Rate;
  readonly #allowances = new Map<string, Allowance>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Takes one of an address's; false where that is one too many. */
  spend(address: string, now: number): boolean {
    let allowance = this.#allowances.get(address);
    if (allowance === undefined) {
      allowance = new Allowance(this.#rate, now);
      this.#allowances.set(address, allowance);
      const [first = ''] = this.#allowances.keys();
      if (this.#allowances.size > addressLimit) this.#allowances.delete(first);
    }
    return allowance.spend(now);
  }

  /** Forgets those who are as good as new. */
  forget(now: number): void {
    for (const [address, allowance] of this.#allowances) if (allowance.isFull(now)) this.#allowances.delete(address);
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#allowances.size;
  }
}
