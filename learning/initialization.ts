// Initial parameters: a pure function of specifications and a key.

import { exp, foldKey, log, onNumbers, type Floats, type Key } from '../tensor/index.js';
import { matrix, orthonormalRows } from './matrices.js';
import { flatten, type ParameterSpecification } from './parameters.js';
import { normalNumbers, uniformNumbers } from './random-numbers.js';

const logarithm = onNumbers(log);

/** The flat vector of initial parameters; parameter i draws from the key folded with i. */
export function initializeParameters(specifications: readonly ParameterSpecification[], key: Key): Floats {
  const values = new Map<string, ArrayLike<number>>();
  for (const [index, specification] of specifications.entries()) {
    values.set(specification.name, initialize(specification, foldKey(key, index), values));
  }
  return flatten(specifications, values);
}

function initialize(
  { name, rows, columns, initialization }: ParameterSpecification,
  key: Key,
  earlier: ReadonlyMap<string, ArrayLike<number>>,
): ArrayLike<number> {
  const count = rows * columns;
  switch (initialization.type) {
    case 'constant':
      return new Array<number>(count).fill(initialization.value);
    case 'normal':
      return normalNumbers(key, count).map((x) => x * initialization.standardDeviation);
    case 'decay':
      return uniformNumbers(key, count).map((u) => decayLogarithm(u, initialization));
    case 'phase':
      return uniformNumbers(key, count).map((u) => logarithm(initialization.maximum * u));
    case 'normalizer': {
      const nu = earlier.get(initialization.decay);
      if (nu?.length !== count) {
        throw new RangeError(
          `Cannot initialize "${name}": ${nu?.length ?? 'no'} decays "${initialization.decay}" before it found, ${count} wanted`,
        );
      }
      return Array.from(nu, decayOf).map((lambda) => logarithm(Math.sqrt(1 - lambda * lambda)));
    }
    case 'orthogonal': {
      const normal = normalNumbers(key, count);
      return orthonormalRows(matrix(rows, columns, (row, column) => normal[row * columns + column]!)).flat();
    }
  }
}

/** ν with exp(−exp ν) = √(u (b² − a²) + a²) for bounds a, b. */
function decayLogarithm(u: number, { minimum, maximum }: { readonly minimum: number; readonly maximum: number }): number {
  const square = u * (maximum * maximum - minimum * minimum) + minimum * minimum;
  return logarithm(-0.5 * logarithm(square));
}

const exponential = onNumbers(exp);

/** λ = exp(−exp ν), as a program computes it. */
export function decayOf(nu: number): number {
  return exponential(-exponential(nu));
}
