import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import {
  buildPlan,
  constructRegression,
  evaluateSerially,
  flatten,
  optimalStep,
  parseRunConfig,
  type TrainingPlan,
} from '../../learning/index.js';

function planOf(model: object, changes: object = {}): TrainingPlan {
  return buildPlan(
    parseRunConfig({
      name: 'evaluation',
      task: { name: 'in-context-regression' },
      model,
      training: { microbatchSize: 64 },
      evaluation: { sequences: 2000 },
      ...changes,
    }),
  );
}

const learningRate = optimalStep({
  ...{ contextLength: 12, inputDimension: 3, inputVariance: 1, inputKurtosis: 9 / 5 },
  ...{ weightVariance: 1 / 3, noiseVariance: 0 },
});

describe('evaluation', () => {
  it('finds no difference from gradient descent when the network is constructed to perform it', () => {
    const plan = planOf({ name: 'gated-rnn', hidden: 12, outputNeurons: 9 });
    const { values } = constructRegression({ inputDimension: 3, outputDimension: 3, learningRate });
    const { names, shapes } = plan.parameters;
    const tensors = names.map((name, index) => ({ name, rows: shapes[index]![0], columns: shapes[index]![1] }));
    const summary = evaluateSerially(plan, wasmBackend, flatten(tensors, values));
    expect(summary.sequences).toBe(2048);
    expect(summary.testLoss).toBeCloseTo(summary.gradientDescent!, 6);
    expect(Math.abs(summary.difference!)).toBeLessThan(1e-6);
    expect(summary.standardError!).toBeLessThan(1e-6);
    expect(summary.optimum).toBeCloseTo(0.0945946, 6);
  });

  it('finds the zero predictor when all parameters are zero, with the standard error of the paired difference', () => {
    const plan = planOf({ name: 'gated-rnn', hidden: 4 });
    const summary = evaluateSerially(
      plan,
      wasmBackend,
      plan.parameters.initial.map(() => 0),
    );
    expect(summary.testLoss).toBe(summary.zero);
    expect(summary.normalizedLoss).toBe(1);
    expect(summary.difference).toBeCloseTo(summary.zero - summary.gradientDescent!, 6);
    expect(summary.standardError).toBeGreaterThan(0.003);
    expect(summary.standardError).toBeLessThan(0.02);
  });

  it('reports no gradient step where the task knows none', () => {
    const plan = planOf(
      { name: 'linear-attention' },
      { task: { name: 'attention-teacher', tokenCount: 4 }, evaluation: { sequences: 64 } },
    );
    const summary = evaluateSerially(plan, wasmBackend, plan.parameters.initial);
    expect(summary).toMatchObject({ gradientDescent: null, difference: null, standardError: null, optimum: 0, sequences: 64 });
  });

  it('starts from a loss of at least 0.45 with the defaults', () => {
    const plan = planOf({ name: 'gated-rnn' }, { evaluation: { sequences: 256 } });
    expect(evaluateSerially(plan, wasmBackend, plan.parameters.initial).testLoss).toBeGreaterThanOrEqual(0.45);
  });
});
