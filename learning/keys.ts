// Keys of the random generator: one per stream of a run and step. A sequence's index in the step is the counter.

import { foldKey, keyFromSeed, type Key } from '../tensor/index.js';

const streamNumbers = { train: 0, test: 1, parameters: 2 } as const;

/** What random numbers are drawn for. Held-out sequences are those of step 0 of `test`, whenever they are used. */
export type Stream = keyof typeof streamNumbers;

/** The key of a stream of the run with this seed. */
export function streamRoot(seed: number, stream: Stream): Key {
  return foldKey(keyFromSeed(seed), streamNumbers[stream]);
}

/** The key of a stream and step of the run with this seed. */
export function streamKey(seed: number, stream: Stream, step: number): Key {
  return foldKey(streamRoot(seed, stream), step);
}
