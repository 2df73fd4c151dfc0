import { describe, expect, it } from 'vitest';
import { applyOverrides } from '../../learning/index.js';

describe('applyOverrides()', () => {
  it('replaces and adds fields, in order, and leaves the original alone', () => {
    const raw = { model: { name: 'gated-rnn', hidden: 80 } };
    expect(applyOverrides(raw, ['model.hidden=37', 'training.steps=5', 'training.steps=6'])).toEqual({
      model: { name: 'gated-rnn', hidden: 37 },
      training: { steps: 6 },
    });
    expect(raw).toEqual({ model: { name: 'gated-rnn', hidden: 80 } });
  });

  it.each([
    ['a=1e-3', 0.001],
    ['a=null', null],
    ['a=true', true],
    ['a={"b":1}', { b: 1 }],
    ['a=cosine', 'cosine'],
    ['a=x=y', 'x=y'],
    ['a=', ''],
  ])('reads JSON where it is JSON, else text: %s', (override, value) => {
    expect(applyOverrides({}, [override])).toEqual({ a: value });
  });

  it.each(['model.hidden', '=3', 'model..hidden=3', '__proto__.x=1'])('refuses %s, which has no path or no value', (override) => {
    expect(() => applyOverrides({}, [override])).toThrow(
      `Cannot apply override: "${override}" found, path.to.field=value wanted`,
    );
  });

  it('refuses a path through a single value', () => {
    expect(() => applyOverrides({ seed: 1 }, ['seed.x=2'])).toThrow('a single value found before "x", a group of fields wanted');
  });
});
