// A short causal convolution over time, unit by unit: y_t = Σ_{j<w} c_j ⊙ x_{t−j}
// x: [T, u]   c_j: [1, u]
//
// It begins as the identity (c_0 = 1, the others 0), so that a model with it starts where the model without it does.

import type { Value } from '../../tensor/index.js';
import type { ParameterSpecification } from '../parameters.js';
import type { ModelContext } from './model.js';

/** One row of coefficients for each of the `taps` tokens. */
export function convolutionParameters(prefix: string, size: number, taps: number): readonly ParameterSpecification[] {
  return Array.from({ length: taps }, (_, age): ParameterSpecification => {
    const initialization = { type: 'constant', value: age === 0 ? 1 : 0 } as const;
    return { name: tapName(prefix, age), rows: 1, columns: size, group: 'decayed', initialization };
  });
}

/** Mixes every token with those before it. */
export function applyConvolution(
  { builder, parameter }: Pick<ModelContext, 'builder' | 'parameter'>,
  { prefix, input, taps }: { readonly prefix: string; readonly input: Value; readonly taps: number },
): Value {
  return Array.from({ length: taps }, (_, age) =>
    builder.multiply(builder.shift(input, age), parameter(tapName(prefix, age))),
  ).reduce((sum, term) => builder.add(sum, term));
}

const tapName = (prefix: string, age: number): string => `${prefix}.convolution.tap${age}`;
