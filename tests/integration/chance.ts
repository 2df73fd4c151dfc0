// Chance for tests with real processes: a seed gives the same choices again, though not the same moments.

import { keyFromSeed, threefry2x32 } from '../../tensor/index.js';

/** Uniform numbers in [0, 1), the same ones for the same seed. */
export function chanceFrom(seed: number): () => number {
  let draw = 0;
  return () => {
    draw += 1;
    return threefry2x32(keyFromSeed(seed), [0, draw])[0] / 2 ** 32;
  };
}
