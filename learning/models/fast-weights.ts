// What models with a matrix of fast weights S_t [k, v] share: queries, keys and values, and the matrix as k rows of v units.
//
//   y_t = W_O (S_tᵀ q_t)
//
// A program has values [time, unit]; a row of S is one of them, so an outer product k_t v_tᵀ is k products of a column with a row.

import { z } from 'zod';
import type { ProgramBuilder, Value } from '../../tensor/index.js';
import { weight, type ParameterSpecification } from '../parameters.js';
import { atPositions } from './model.js';
import { stackOptions, type LayerContext, type LayerShape } from './stack.js';

/** Options of a layer with fast weights. */
export const fastWeightOptions = {
  keyDimension: z.int().min(1).max(64).default(8).describe('size of queries and keys: rows of the fast weights'),
  valueDimension: z.int().min(1).max(4096).default(32).describe('size of values: columns of the fast weights'),
  ...stackOptions,
};

interface FastWeightOptions {
  readonly initialGain: number;
  readonly keyDimension: number;
  readonly valueDimension: number;
}

/** W_Q, W_K [k, d], W_V [v, d], W_O [o, v]. */
export function fastWeightParameters(
  { initialGain, keyDimension, valueDimension }: FastWeightOptions,
  { prefix, inputs, outputs }: LayerShape,
): readonly ParameterSpecification[] {
  return [
    weight(`${prefix}.query`, keyDimension, inputs, initialGain),
    weight(`${prefix}.key`, keyDimension, inputs, initialGain),
    weight(`${prefix}.value`, valueDimension, inputs, initialGain),
    weight(`${prefix}.readout`, outputs, valueDimension, initialGain),
  ];
}

/** Queries and keys as columns [T, 1], values [T, v]. */
export interface FastWeightInputs {
  readonly queries: Value;
  readonly keys: Value;
  readonly values: Value;
}

/** Projects the input. */
export function projectInputs({ prefix, builder, parameter, input }: LayerContext): FastWeightInputs {
  const project = (name: string): Value => builder.matmul(input, parameter(`${prefix}.${name}`));
  return { queries: project('query'), keys: project('key'), values: project('value') };
}

/** The columns of x [T, k], each as [T, 1]. */
export function columnsOf(builder: ProgramBuilder, x: Value): readonly Value[] {
  return Array.from({ length: x.columns }, (_, column) => builder.slice(x, { column, columns: 1 }));
}

/** Σ_i coefficient_i row_i, from left to right. */
export function combineRows(builder: ProgramBuilder, coefficients: readonly Value[], rows: readonly Value[]): Value {
  return coefficients
    .map((coefficient, index) => builder.multiply(rows[index]!, coefficient))
    .reduce((sum, term) => builder.add(sum, term));
}

/** W_O Sᵀ q, at every token or the last. */
export function readFastWeights(
  { prefix, builder, parameter, positions }: LayerContext,
  queries: Value,
  rows: readonly Value[],
): Value {
  const wanted = (x: Value): Value => atPositions(builder, x, positions);
  const read = combineRows(builder, columnsOf(builder, wanted(queries)), rows.map(wanted));
  return builder.matmul(read, parameter(`${prefix}.readout`));
}
