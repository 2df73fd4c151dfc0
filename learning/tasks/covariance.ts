// Inputs with a covariance: x = Q Λ^½ u, Λ diagonal, Q orthogonal and the same for every sequence.   u, x: [R, d]

import { z } from 'zod';
import { exp, foldKey, keyFromSeed, log, onNumbers, type ProgramBuilder, type Value } from '../../tensor/index.js';
import { ConfigurationError } from '../configuration-error.js';
import { matrix, orthonormalRows, type Matrix } from '../matrices.js';
import { normalNumbers } from '../random-numbers.js';
import type { PrincipalAxes } from './gradient-descent.js';

const sharedFields = {
  weightExponent: z
    .number()
    .min(-2)
    .max(2)
    .default(0)
    .describe('e: rows of W have the variance weightVariance · λ^e along an axis; 0: isotropic; −1: W x is'),
  rotationSeed: z
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .nullable()
    .default(null)
    .describe('seed of the orthogonal matrix that turns the axes; null: they are the axes of the coordinates'),
};

/** The covariance of inputs, in units of the variance of their law. */
export const covarianceSchema = z
  .discriminatedUnion('law', [
    z.strictObject({ law: z.literal('isotropic').describe('the same variance in all directions') }),
    z.strictObject({
      law: z.literal('power').describe('variances λ_i ∝ i^(−exponent) along the axes, with mean 1'),
      exponent: z.number().min(0).max(4).default(1).describe('how fast the variances fall'),
      ...sharedFields,
    }),
    z.strictObject({
      law: z.literal('variances').describe('given variances λ_i along the axes'),
      variances: z.array(z.number().min(1e-6).max(1e6)).min(1).max(1024).describe('a list of numbers, one for each entry of x'),
      ...sharedFields,
    }),
  ])
  .prefault({ law: 'isotropic' })
  .describe('covariance of x, in units of the variance of its entries');

/** A covariance with every default filled in. */
export type CovarianceOptions = z.output<typeof covarianceSchema>;
type Anisotropic = Exclude<CovarianceOptions, { readonly law: 'isotropic' }>;

/** An orthogonal matrix of this size costs a second. */
const largestRotation = 256;

const [exponential, logarithm] = [onNumbers(exp), onNumbers(log)];
const power = (x: number, exponent: number): number => exponential(exponent * logarithm(x));

/** The axes of a covariance in d dimensions; undefined where there are none. Throws ConfigurationError where sizes do not fit. */
export function principalAxes(options: CovarianceOptions, dimension: number): PrincipalAxes | undefined {
  if (options.law === 'isotropic') return undefined;
  const { weightExponent, rotationSeed } = options;
  const inputs = variancesOf(options, dimension);
  return {
    inputs,
    weights: weightExponent === 0 ? null : inputs.map((variance) => power(variance, weightExponent)),
    directions: rotationSeed === null ? null : drawRotation(rotationSeed, dimension),
  };
}

function variancesOf(options: Anisotropic, dimension: number): readonly number[] {
  if (options.law === 'power') {
    const falling = Array.from({ length: dimension }, (_, axis) => power(axis + 1, -options.exponent));
    const mean = falling.reduce((sum, variance) => sum + variance, 0) / dimension;
    return falling.map((variance) => variance / mean);
  }
  const { variances } = options;
  if (variances.length === dimension) return variances;
  throw invalid(
    `task.covariance.variances of ${variances.length} numbers found, one for each of ${dimension} entries of x wanted`,
  );
}

/** An orthogonal matrix [d, d], uniform over all of them. */
function drawRotation(seed: number, dimension: number): Matrix {
  if (dimension > largestRotation) {
    throw invalid(`task.covariance.rotationSeed with ${dimension} entries of x found, at most ${largestRotation} of them wanted`);
  }
  const numbers = normalNumbers(foldKey(keyFromSeed(seed), 0), dimension * dimension);
  return orthonormalRows(matrix(dimension, dimension, (row, column) => numbers[row * dimension + column]!));
}

const invalid = (message: string): ConfigurationError =>
  new ConfigurationError('configuration-invalid', `Cannot accept configuration: ${message}`);

/** Rows of independent entries u [R, d] with variances along axes: u Λ^½ Qᵀ. */
export function stretch(
  builder: ProgramBuilder,
  u: Value,
  { variances, directions }: { readonly variances: readonly number[]; readonly directions: Matrix | null },
): Value {
  const deviations = variances.map(Math.sqrt);
  const size = deviations.length;
  if (directions === null) return builder.multiply(u, builder.table(1, size, deviations));
  const turned = matrix(size, size, (row, axis) => directions[row]![axis]! * deviations[axis]!);
  return builder.matmul(u, builder.table(size, size, turned.flat()));
}
