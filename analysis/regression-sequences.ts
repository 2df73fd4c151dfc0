// Sequences of an in-context regression, reduced to what linear methods can know of them: tokens (x_t, y_t), t = 1 … T, then (x_q, 0).
//   gram = Σ_t x_t x_tᵀ [d_x, d_x]      moments = Σ_t y_t x_tᵀ [d_y, d_x]      query x_q [d_x]      target y_q [d_y]
// and what a network makes of them: its prediction ŷ [d_y] and its sensitivity ∂ŷ / ∂x_q [d_y, d_x], by differentiating the program of the model.

import { buildTrial, type BoundTask, type Learner, type Matrix, type Purpose } from '../learning/index.js';
import { ProgramBuilder, type Value } from '../tensor/index.js';
import { evaluateEach, type SequenceSource } from './single-sequences.js';

/** A sequence as least squares sees it, in f64 from f32 tokens. */
export interface RegressionSequence {
  /** Σ_t x_t x_tᵀ: [d_x, d_x]. */
  readonly gram: Matrix;
  /** Σ_t y_t x_tᵀ: [d_y, d_x]. */
  readonly moments: Matrix;
  /** x_q: [d_x]. */
  readonly query: readonly number[];
  /** What is to be predicted: [d_y]. */
  readonly target: readonly number[];
}

/** A sequence and a network's answer. */
export interface AnsweredSequence extends RegressionSequence {
  /** ŷ: [d_y]. */
  readonly prediction: readonly number[];
  /** ∂ŷ_o / ∂x_q,j: [d_y, d_x]. */
  readonly sensitivity: Matrix;
}

/** Where sequences come from, and from which law of the task. */
export interface RegressionSource extends SequenceSource {
  readonly purpose: Purpose;
}

/**
 * Sequences of a task whose tokens are [x; y] and whose last token is the query. Throws RangeError where the task has targets at every token.
 */
export function drawRegression(task: BoundTask, source: RegressionSource): readonly RegressionSequence[] {
  requireQuery(task);
  const builder = new ProgramBuilder();
  const { tokens, target } = task.sample(builder, source.purpose);
  const each = evaluateEach(builder, [tokens, target], new Float32Array(0), source);
  return each.map(([flat, wanted]) => sequenceOf(task, flat!, wanted!));
}

/** The same sequences with the answers of a model: any model of the registry. Parameters are flat, as in a checkpoint. */
export function answerRegression(
  learner: Learner,
  parameters: Float32Array,
  source: RegressionSource,
): readonly AnsweredSequence[] {
  const { task } = learner;
  requireQuery(task);
  const builder = new ProgramBuilder();
  const { sample, prediction } = buildTrial(builder, learner, source.purpose);
  const { tokens, target } = sample;
  const inputs = inputDimensionOf(task);
  const sensitivities = Array.from({ length: prediction.columns }, (_, column) => {
    const [byTokens] = builder.gradients(builder.slice(prediction, { column, columns: 1 }), [tokens]);
    return queryPart(builder, byTokens!, inputs);
  });
  const each = evaluateEach(builder, [tokens, target, prediction, ...sensitivities], parameters, source);
  return each.map(([flat, wanted, answer, ...rows]) => ({
    ...sequenceOf(task, flat!, wanted!),
    prediction: Array.from(answer!),
    sensitivity: rows.map((row) => Array.from(row)),
  }));
}

/** The entries of x in the last token. */
function queryPart(builder: ProgramBuilder, byTokens: Value, inputs: number): Value {
  return builder.slice(byTokens, { row: byTokens.rows - 1, rows: 1, columns: inputs });
}

function requireQuery({ shape }: BoundTask): void {
  if (shape.positions !== 'last') {
    throw new RangeError(`Cannot read regression: targets at ${shape.positions} tokens found, a query at the last one wanted`);
  }
}

const inputDimensionOf = ({ shape }: BoundTask): number => shape.inputDimension - shape.outputDimension;

function sequenceOf(task: BoundTask, tokens: Float32Array, target: Float32Array): RegressionSequence {
  const { inputDimension: width, outputDimension, tokenCount } = task.shape;
  const inputs = inputDimensionOf(task);
  const gram = zeros(inputs, inputs);
  const moments = zeros(outputDimension, inputs);
  for (let token = 0; token < tokenCount - 1; token += 1) {
    const x = tokens.subarray(token * width, token * width + inputs);
    const y = tokens.subarray(token * width + inputs, (token + 1) * width);
    addOuterProduct(gram, x, x);
    addOuterProduct(moments, y, x);
  }
  const last = (tokenCount - 1) * width;
  return { gram, moments, query: Array.from(tokens.subarray(last, last + inputs)), target: Array.from(target) };
}

const zeros = (rows: number, columns: number): number[][] =>
  Array.from({ length: rows }, () => new Array<number>(columns).fill(0));

function addOuterProduct(sum: readonly number[][], a: Float32Array, b: Float32Array): void {
  for (const [i, row] of sum.entries()) {
    for (let j = 0; j < row.length; j += 1) row[j]! += a[i]! * b[j]!;
  }
}
