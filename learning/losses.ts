// Losses of one sequence. They are sums; the run divides by the loss weight once, at the root of the reduction tree.

import type { ProgramBuilder, Value } from '../tensor/index.js';

/** ½ Σ (prediction − target)² over tokens and outputs: [1, 1]. */
export function halfSquaredError(builder: ProgramBuilder, prediction: Value, target: Value): Value {
  return halfSquaredNorm(builder, builder.subtract(prediction, target));
}

/** Σ_t w_t (log Σ_j exp l_tj − Σ_j l_tj p_tj): the cross-entropy of softmax(l) for one-hot targets p [T, V] with weights w [T, 1]: [1, 1]. */
export function crossEntropy(
  builder: ProgramBuilder,
  logits: Value,
  { target, weights }: { readonly target: Value; readonly weights: Value },
): Value {
  // The bound cancels, so no gradient flows through it.
  const bound = builder.stopGradient(builder.max(logits));
  const mass = builder.sum(builder.exp(builder.subtract(logits, bound)), 'columns');
  const losses = builder.subtract(builder.add(builder.log(mass), bound), logitOfTarget(builder, logits, target));
  return builder.sum(builder.multiply(losses, weights), 'rows');
}

/** Σ_t w_t [the target has the largest logit]: [1, 1]. */
export function correctCount(
  builder: ProgramBuilder,
  logits: Value,
  { target, weights }: { readonly target: Value; readonly weights: Value },
): Value {
  const isCorrect = builder.lessOrEqual(builder.max(logits), logitOfTarget(builder, logits, target));
  return builder.sum(builder.multiply(isCorrect, weights), 'rows');
}

function logitOfTarget(builder: ProgramBuilder, logits: Value, target: Value): Value {
  return builder.sum(builder.multiply(logits, target), 'columns');
}

/** ½ Σ x² over tokens and outputs: [1, 1]. */
export function halfSquaredNorm(builder: ProgramBuilder, x: Value): Value {
  return builder.multiply(builder.sum(builder.sum(builder.square(x), 'columns'), 'rows'), 0.5);
}
