import { describe, expect, it } from 'vitest';
import { expandStudy, parseStudy } from '../../learning/index.js';

const base = {
  task: { name: 'in-context-regression', contextLength: 4, inputDimension: 2, outputDimension: 1 },
  model: { name: 'gated-rnn', hidden: 4 },
  training: { steps: 2, microbatches: 1, microbatchSize: 8 },
};
const expand = (grid: object) => expandStudy(parseStudy({ name: 'sizes', base, grid }));

describe('expandStudy', () => {
  it('takes every combination, the last axis fastest, and names runs by their values', () => {
    const runs = expand({ 'model.hidden': [4, 8], seed: [0, 1, 2] });
    expect(runs.map(({ config }) => config.name)).toEqual([
      ...['sizes/hidden-4_seed-0', 'sizes/hidden-4_seed-1', 'sizes/hidden-4_seed-2'],
      ...['sizes/hidden-8_seed-0', 'sizes/hidden-8_seed-1', 'sizes/hidden-8_seed-2'],
    ]);
    expect(runs[4]!.values).toEqual({ 'model.hidden': 8, seed: 1 });
    expect(runs[4]!.config).toMatchObject({ seed: 1, model: { name: 'gated-rnn', hidden: 8 }, training: { steps: 2 } });
  });

  it('takes whole groups as values, and calls them by their names', () => {
    const runs = expand({ model: [{ name: 'lstm', hidden: 3 }, { name: 'linear-attention' }] });
    expect(runs.map(({ config }) => config.name)).toEqual(['sizes/model-lstm', 'sizes/model-linear-attention']);
    expect(runs[0]!.config.model).toMatchObject({ name: 'lstm', hidden: 3 });
  });

  it('is one run without a grid', () => {
    expect(expand({}).map(({ config }) => config.name)).toEqual(['sizes']);
  });

  it.each([
    ['an axis without values', { seed: [] }, 'grid.seed'],
    ['a value that no run accepts', { 'model.hidden': [4, -1] }, 'model.hidden: -1 found'],
    ['a field that there is not', { 'model.size': [1] }, 'model.size: an unknown key found'],
    ['a path through a number', { 'seed.deep': [1] }, 'a single value found before "deep"'],
    ['a path that is none', { '../escape': [1] }, 'path.to.field=value wanted'],
    ['two runs named alike', { seed: [1, 1] }, 'two runs named sizes/seed-1 found'],
    ['too many runs', { seed: Array.from({ length: 10_001 }, (_, seed) => seed) }, '10001 runs found, at most 10000 wanted'],
  ])('refuses %s', (_, grid, message) => {
    const study = { name: 'sizes', base: { ...base, seed: 5 }, grid };
    expect(() => expandStudy(parseStudy(study))).toThrow(message);
  });

  it('names the run whose configuration cannot be accepted', () => {
    expect(() => expand({ 'model.hidden': [4, 0] })).toThrow('(in run sizes/hidden-0)');
  });

  it('refuses names that would leave the folder of the study', () => {
    for (const name of ['../out', 'a/b', ''])
      expect(() => parseStudy({ name, base })).toThrow('Cannot accept configuration: name');
    const runs = expand({ 'model.name': ['gated-rnn'] });
    expect(runs[0]!.config.name).toBe('sizes/name-gated-rnn');
  });
});
