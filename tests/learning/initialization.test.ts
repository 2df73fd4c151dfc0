import { describe, expect, it } from 'vitest';
import {
  decayOf,
  initializeParameters,
  streamKey,
  type Initialization,
  type ParameterSpecification,
} from '../../learning/index.js';

const specification = (
  name: string,
  [rows, columns]: readonly [number, number],
  initialization: Initialization,
): ParameterSpecification => ({
  ...{ name, rows, columns, initialization },
  group: 'decayed',
});
const key = streamKey(1, 'parameters', 0);

describe('initializeParameters()', () => {
  it('draws normal numbers of the wanted variance', () => {
    const values = initializeParameters([specification('w', [100, 99], { type: 'normal', standardDeviation: 0.5 })], key);
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const square = values.reduce((sum, x) => sum + x * x, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(square - 0.25)).toBeLessThan(0.02);
  });

  it('draws decays whose squares are uniform between the squares of the bounds', () => {
    const values = initializeParameters([specification('nu', [1, 4000], { type: 'decay', minimum: 0.5, maximum: 0.9 })], key);
    const squares = Array.from(values, (nu) => decayOf(nu) * decayOf(nu));
    expect(Math.min(...squares)).toBeGreaterThan(0.2499);
    expect(Math.max(...squares)).toBeLessThan(0.8101);
    expect(squares.reduce((sum, x) => sum + x) / squares.length).toBeCloseTo(0.53, 1);
  });

  it('makes rows orthonormal', () => {
    const size = 12;
    const values = initializeParameters([specification('w', [size, size], { type: 'orthogonal' })], key);
    for (let i = 0; i < size; i += 1) {
      for (let j = 0; j < size; j += 1) {
        let product = 0;
        for (let k = 0; k < size; k += 1) product += values[i * size + k]! * values[j * size + k]!;
        expect(product).toBeCloseTo(i === j ? 1 : 0, 6);
      }
    }
  });

  it('gives every parameter numbers of its own, and the same ones for the same key', () => {
    const normal: Initialization = { type: 'normal', standardDeviation: 1 };
    const specifications = [specification('a', [4, 4], normal), specification('b', [4, 4], normal)];
    const values = initializeParameters(specifications, key);
    expect(values.slice(0, 16)).not.toEqual(values.slice(16));
    expect(values).toEqual(initializeParameters(specifications, key));
    expect(values).not.toEqual(initializeParameters(specifications, streamKey(2, 'parameters', 0)));
  });
});
