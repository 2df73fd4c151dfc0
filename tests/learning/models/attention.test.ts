import { describe, expect, it } from 'vitest';
import type { ModelOptions } from '../../../learning/index.js';
import {
  apply,
  dot,
  plainStack,
  plus,
  relativeDistance,
  runModel,
  scatteredTable,
  scatteredValues,
  specificationsOf,
  tableOf,
  type ModelRun,
  type Table,
} from '../run-model.js';

const options = { keyDimension: null, valueDimension: null, heads: 1, ...plainStack };

function scattered(model: ModelOptions, positions: 'all' | 'last'): ModelRun {
  const run = { options: model, tokens: scatteredTable(6, 3, 50), outputDimension: 2, positions };
  return { ...run, values: scatteredValues(specificationsOf(run)) };
}

/** Attention in f64: weights of scores, then a weighted sum of values, token by token. */
function reference(run: ModelRun, weigh: (scores: readonly number[]) => readonly number[]): Table {
  const [queries, keys, values] = ['query', 'key', 'value'].map((name) =>
    run.tokens.map((x) => apply(tableOf(run, `layer0.${name}`), x)),
  );
  return queries!.map((query, t) => {
    const weights = weigh(keys!.slice(0, t + 1).map((key) => dot(query, key)));
    const zero = values![0]!.map(() => 0);
    const mixed = weights.reduce(
      (sum, weight, s) =>
        plus(
          sum,
          values![s]!.map((v) => weight * v),
        ),
      zero,
    );
    return run.values.has('layer0.readout') ? apply(tableOf(run, 'layer0.readout'), mixed) : mixed;
  });
}

const linear = (scores: readonly number[]): readonly number[] => scores;

function softmax(dimension: number): (scores: readonly number[]) => readonly number[] {
  return (scores) => {
    const exponentials = scores.map((score) => Math.exp(score / Math.sqrt(dimension)));
    const sum = exponentials.reduce((a, b) => a + b);
    return exponentials.map((x) => x / sum);
  };
}

describe('linearAttention', () => {
  it('sums values weighted by scores over the past when outputs at all tokens are wanted', () => {
    const run = scattered({ name: 'linear-attention', ...options }, 'all');
    expect(relativeDistance(runModel(run), reference(run, linear))).toBeLessThan(2e-6);
  });

  it('gives the last row of all outputs when only the last is wanted', () => {
    const run = scattered({ name: 'linear-attention', ...options }, 'last');
    expect(relativeDistance(runModel(run), reference(run, linear).slice(-1))).toBeLessThan(2e-6);
  });

  it('reads values out when they have a size of their own', () => {
    const run = scattered({ name: 'linear-attention', ...options, keyDimension: 5, valueDimension: 4 }, 'all');
    expect(relativeDistance(runModel(run), reference(run, linear))).toBeLessThan(2e-6);
  });
});

describe('softmaxAttention', () => {
  it('weighs the past by the softmax of scaled scores when outputs at all tokens are wanted', () => {
    const run = scattered({ name: 'softmax-attention', ...options, keyDimension: 5 }, 'all');
    expect(relativeDistance(runModel(run), reference(run, softmax(5)))).toBeLessThan(2e-6);
  });

  it('gives the last row of all outputs when only the last is wanted', () => {
    const run = scattered({ name: 'softmax-attention', ...options }, 'last');
    expect(relativeDistance(runModel(run), reference(run, softmax(3)).slice(-1))).toBeLessThan(2e-6);
  });
});
