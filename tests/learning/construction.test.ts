import { describe, expect, it } from 'vitest';
import {
  bindModel,
  constructCompact,
  constructPlain,
  constructRegression,
  constructShared,
  constructSideGated,
  drawTeacher,
  flatLength,
  type AttentionLayer,
  type Construction,
  type ModelOptions,
} from '../../learning/index.js';
import { apply, plainStack, relativeDistance, runModel, scatteredTable, type Table } from './run-model.js';

const stack = { decay: { minimum: 0, maximum: 0.999 }, ...plainStack };
const attention = { name: 'linear-attention' as const, keyDimension: null, valueDimension: null, heads: 1, ...plainStack };

const modelOf = ({ hidden, outputNeurons }: Construction, name: 'gated-rnn' | 'side-gated-rnn'): ModelOptions => ({
  name,
  hidden,
  outputNeurons,
  ...stack,
});

function attentionOutputs({ query, key, value }: AttentionLayer, tokens: Table): Table {
  const values = new Map([
    ['layer0.query', query.flat()],
    ['layer0.key', key.flat()],
    ['layer0.value', value.flat()],
  ]);
  return runModel({ options: attention, tokens, outputDimension: value.length, positions: 'all', values });
}

const variants = [
  ['plain', constructPlain, 'gated-rnn'],
  ['compact', constructCompact, 'gated-rnn'],
  ['shared', constructShared, 'gated-rnn'],
  ['side-gated', constructSideGated, 'side-gated-rnn'],
] as const;

describe.each(variants)('the %s construction', (variant, construct, model) => {
  it.each([2, 3, 4, 5, 6, 7, 8])('equals linear attention to rounding error when tokens have %d entries', (size) => {
    const layer = drawTeacher(size, size, 16);
    const tokens = scatteredTable(16, size, size);
    const construction = construct(layer);
    const found = runModel({
      options: modelOf(construction, model),
      tokens,
      outputDimension: size,
      positions: 'all',
      values: construction.values,
    });
    // The symmetric variants invert W_V: its condition number multiplies the rounding error.
    const allowed = variant === 'compact' || variant === 'shared' ? 2e-4 : 3e-6;
    expect(relativeDistance(found, attentionOutputs(layer, tokens))).toBeLessThan(allowed);
  });
});

describe('the constructions', () => {
  const layer = drawTeacher(4, 4, 16);
  const parameterCount = (construction: Construction): number =>
    flatLength(bindModel(modelOf(construction, 'gated-rnn')).parameters({ inputDimension: 4, outputDimension: 4 }));

  it('have the published sizes when tokens have four entries', () => {
    expect(constructPlain(layer)).toMatchObject({ hidden: 20, outputNeurons: 16 });
    expect(constructCompact(layer)).toMatchObject({ hidden: 14, outputNeurons: 16 });
    expect(constructShared(layer)).toMatchObject({ hidden: 14, outputNeurons: 10 });
    expect([constructPlain, constructCompact, constructShared].map((construct) => parameterCount(construct(layer)))).toEqual([
      924, 666, 474,
    ]);
    const gates = ['layer0.inputGate.m', 'layer0.inputGate.x', 'layer0.sideGate.x'];
    const { hidden, values } = constructSideGated(layer);
    expect(hidden).toBe(16);
    expect(gates.reduce((sum, name) => sum + values.get(name)!.length, 0)).toBe(192);
  });

  it('refuse to share memory neurons when W_V is singular', () => {
    const singular = { ...layer, value: layer.value.map(() => [1, 2, 3, 4]) };
    expect(() => constructCompact(singular)).toThrow('Cannot invert a matrix: rank 1 found, 4 wanted');
  });
});

describe('constructRegression()', () => {
  it('takes one step of gradient descent with twelve hidden neurons and nine products', () => {
    const learningRate = 0.07;
    const construction = constructRegression({ inputDimension: 3, outputDimension: 3, learningRate });
    expect(construction).toMatchObject({ hidden: 12, outputNeurons: 9 });
    const tokens = scatteredTable(13, 6, 4).map((token, t) => (t === 12 ? [...token.slice(0, 3), 0, 0, 0] : token));
    const query = tokens[12]!.slice(0, 3);
    const examples = tokens.slice(0, 12);
    const step = [0, 1, 2].map((i) =>
      [0, 1, 2].map((j) => learningRate * examples.reduce((sum, token) => sum + token[3 + i]! * token[j]!, 0)),
    );
    const found = runModel({
      options: modelOf(construction, 'gated-rnn'),
      tokens,
      outputDimension: 3,
      positions: 'last',
      values: construction.values,
    });
    expect(relativeDistance(found, [apply(step, query)])).toBeLessThan(3e-6);
  });
});
