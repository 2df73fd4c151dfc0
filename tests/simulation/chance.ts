// Chance from a seed: the same world every time.

import { foldKey, keyFromSeed, threefry2x32, type Key } from '../../tensor/index.js';

/** A stream of random numbers. */
export class Chance {
  readonly #key: Key;
  #draws = 0;

  constructor(key: Key) {
    this.#key = key;
  }

  /** The stream of a seed. */
  static ofSeed(seed: number): Chance {
    return new Chance(keyFromSeed(seed));
  }

  /** A stream of its own for a part of the world, so that changes in one part do not move the others. */
  fork(part: number): Chance {
    return new Chance(foldKey(this.#key, part));
  }

  /** Uniform in [0, 1). */
  fraction(): number {
    return threefry2x32(this.#key, [1, this.#draws++])[0] / 2 ** 32;
  }

  /** Uniform in [least, most). */
  between(least: number, most: number): number {
    return least + (most - least) * this.fraction();
  }

  /** A whole number of least … most. */
  integer(least: number, most: number): number {
    return Math.floor(this.between(least, most + 1));
  }

  happens(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.integer(0, choices.length - 1)];
    if (choice === undefined) throw new RangeError('Cannot pick: no choice found, at least one wanted');
    return choice;
  }
}
