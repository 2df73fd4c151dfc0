// The counter-based generator: Threefry-2x32 with 20 rounds (Salmon et al. 2011), as JAX uses it.

import type { Key } from './backend.js';
import type { LaneArithmetic } from './lane-arithmetic.js';
import { numberLanes } from './number-lanes.js';

const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const parity = 0x1bd11bda;

const rotateLeft = <V>(a: LaneArithmetic<V>, x: V, count: number): V =>
  a.or(a.shiftLeft(x, count), a.shiftRightLogical(x, 32 - count));

/** Two words of 32 bits from a key and a counter of two words each. */
export function threefry<V>(a: LaneArithmetic<V>, key: readonly [V, V], counter: readonly [V, V]): readonly [V, V] {
  const keys = [key[0], key[1], a.xor(a.xor(key[0], key[1]), a.bits(parity))] as const;
  const keyAt = (index: number): V => keys[(index % 3) as 0 | 1 | 2];
  let x = a.integerAdd(counter[0], keyAt(0));
  let y = a.integerAdd(counter[1], keyAt(1));
  for (let group = 0; group < 5; group += 1) {
    for (let round = 0; round < 4; round += 1) {
      x = a.integerAdd(x, y);
      y = a.xor(rotateLeft(a, y, rotations[(group % 2) * 4 + round] ?? 0), x);
    }
    x = a.integerAdd(x, keyAt(group + 1));
    y = a.integerAdd(a.integerAdd(y, keyAt(group + 2)), a.bits(group + 1));
  }
  return [x, y];
}

/** Threefry-2x32 on unsigned numbers. */
export function threefry2x32(key: Key, counter: Key): Key {
  return threefry(numberLanes, key, counter);
}

/** A key for the part `data` of what `key` stands for: the words at counter (0, data). */
export const foldKey = (key: Key, data: number): Key => threefry2x32(key, [0, data >>> 0]);

/** The key of a run's seed, an integer of 0 … 2^53 − 1: its upper and lower word. */
export const keyFromSeed = (seed: number): Key => [Math.floor(seed / 2 ** 32) >>> 0, seed >>> 0];
