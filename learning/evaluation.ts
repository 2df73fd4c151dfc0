// Evaluation on held-out sequences: the same sequences for the model and for what it is compared with, so that differences are paired.
// Inputs: the parameters.   Outputs: loss, lossWeight, metric/zeroLoss and, where the task knows a gradient step,
// metric/gradientDescentLoss, metric/difference (model − gradient descent) and metric/differenceSquared; where targets are classes,
// metric/correct.

import { outputLayout, ProgramBuilder, type Program } from '../tensor/index.js';
import { correctCount, halfSquaredError } from './losses.js';
import { targetCount, type BoundTask } from './tasks/index.js';
import { buildTrial, lossOf, outputLoss, type Learner } from './training-program.js';

/** The results of an evaluation: half the mean squared error per output or, where targets are classes, the mean cross-entropy in nats. */
export interface EvaluationSummary {
  readonly sequences: number;
  readonly testLoss: number;
  /** The share of classes that had the largest score; null where targets are numbers. */
  readonly accuracy: number | null;
  /** The loss of predicting zero, and the test loss in its units. */
  readonly zero: number;
  readonly normalizedLoss: number;
  /** The closed-form optimum of the task's theory: of one gradient step, or of a perfect imitation. */
  readonly optimum: number | null;
  /** One optimal gradient step on the same sequences. */
  readonly gradientDescent: number | null;
  /** Test loss − gradient descent, sequence by sequence, and the standard error of that mean. */
  readonly difference: number | null;
  readonly standardError: number | null;
}

/** The evaluation program of a learner. */
export function buildEvaluationProgram(learner: Learner): Program {
  const builder = new ProgramBuilder();
  const { sample, prediction, loss } = buildTrial(builder, learner, 'test');
  outputLoss(builder, learner.task, loss);
  const { target, weights } = sample;
  const nothing = builder.expand(0, target.rows, target.columns);
  builder.output('metric/zeroLoss', builder.batchSum(lossOf(builder, nothing, sample)));
  if (weights !== undefined) {
    builder.output('metric/correct', builder.batchSum(correctCount(builder, prediction, { target, weights })));
  }
  if (sample.gradientDescent !== undefined) {
    const reference = halfSquaredError(builder, sample.gradientDescent, sample.target);
    const difference = builder.subtract(loss, reference);
    builder.output('metric/gradientDescentLoss', builder.batchSum(reference));
    builder.output('metric/difference', builder.batchSum(difference));
    builder.output('metric/differenceSquared', builder.batchSum(builder.square(difference)));
  }
  return builder.build();
}

/** A function from the root sums of an evaluation to its summary. */
export function summarizer(task: BoundTask, program: Program): (outputs: Float32Array) => EvaluationSummary {
  const places = new Map(outputLayout(program).map(({ name, offset }) => [name, offset]));
  const targets = targetCount(task.shape);
  return (outputs) => {
    const sum = (name: string): number | undefined => outputs[places.get(name) ?? -1];
    const lossWeight = sum('lossWeight') ?? 0;
    const sequences = Math.round(lossWeight / targets);
    const perOutput = (name: string): number => (sum(name) ?? Number.NaN) / lossWeight;
    const testLoss = perOutput('loss');
    const zero = perOutput('metric/zeroLoss');
    const correct = sum('metric/correct');
    const accuracy = correct === undefined ? null : correct / lossWeight;
    const base = { sequences, testLoss, accuracy, zero, normalizedLoss: testLoss / zero, optimum: task.optimum };
    const [total, squares] = [sum('metric/difference'), sum('metric/differenceSquared')];
    if (total === undefined || squares === undefined)
      return { ...base, gradientDescent: null, difference: null, standardError: null };
    return {
      ...base,
      gradientDescent: perOutput('metric/gradientDescentLoss'),
      difference: perOutput('metric/difference'),
      standardError: standardErrorOfMean({ total, squares, count: sequences }) / targets,
    };
  };
}

/** √(s² / n) from the sums of n numbers and of their squares. */
function standardErrorOfMean({
  total,
  squares,
  count,
}: {
  readonly total: number;
  readonly squares: number;
  readonly count: number;
}): number {
  if (count < 2) return Number.NaN;
  const variance = Math.max(0, squares - (total * total) / count) / (count - 1);
  return Math.sqrt(variance / count);
}
