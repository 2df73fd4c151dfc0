// Layer normalization (Ba et al. 2016): y = scale ⊙ (x − mean x) / √(variance x + ε) + shift, over the units of each token.
// x: [T, u]   scale, shift: [1, u]

import type { Value } from '../../tensor/index.js';
import { bias, type ParameterSpecification } from '../parameters.js';
import type { ModelContext } from './model.js';

const epsilon = 1e-5;

/** Scale and shift, which begin at 1 and 0 and do not decay. */
export function normalizationParameters(prefix: string, size: number): readonly ParameterSpecification[] {
  return [
    {
      ...{ name: `${prefix}.normalization.scale`, rows: 1, columns: size, group: 'undecayed' },
      initialization: { type: 'constant', value: 1 },
    },
    bias(`${prefix}.normalization.bias`, size),
  ];
}

/** Normalizes every token [T, u] by itself. */
export function applyNormalization(
  { builder, parameter }: Pick<ModelContext, 'builder' | 'parameter'>,
  prefix: string,
  x: Value,
): Value {
  const mean = (value: Value): Value => builder.multiply(builder.sum(value, 'columns'), 1 / x.columns);
  const centered = builder.subtract(x, mean(x));
  const deviation = builder.sqrt(builder.add(mean(builder.square(centered)), epsilon));
  const scaled = builder.multiply(builder.divide(centered, deviation), parameter(`${prefix}.normalization.scale`));
  return builder.add(scaled, parameter(`${prefix}.normalization.bias`));
}
