// Losses of one sequence. They are sums; the run divides by the loss weight once, at the root of the reduction tree.

import type { ProgramBuilder, Value } from '../tensor/index.js';

/** ½ Σ (prediction − target)² over tokens and outputs: [1, 1]. */
export function halfSquaredError(builder: ProgramBuilder, prediction: Value, target: Value): Value {
  return halfSquaredNorm(builder, builder.subtract(prediction, target));
}

/** ½ Σ x² over tokens and outputs: [1, 1]. */
export function halfSquaredNorm(builder: ProgramBuilder, x: Value): Value {
  return builder.multiply(builder.sum(builder.sum(builder.square(x), 'columns'), 'rows'), 0.5);
}
