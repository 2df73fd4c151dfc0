// λ of a model, read from its parameters.

import { expect, test } from 'vitest';
import { buildPlan, decayOf, namedViews, parseRunConfig, recurrentDecays } from '../../learning/index.js';

const planOf = (model: object) => buildPlan(parseRunConfig({ name: 'x', task: { name: 'in-context-regression' }, model }));

test('recurrentDecays() gives the λ of every neuron of every layer when a model has recurrent decays', () => {
  const { parameters } = planOf({ name: 'gated-rnn', hidden: 7, layers: 2, decay: { minimum: 0.3, maximum: 0.6 } });
  const decays = recurrentDecays(parameters, parameters.initial) ?? [];
  const tensors = parameters.names.map((name, index) => {
    const [rows, columns] = parameters.shapes[index] ?? [0, 0];
    return { name, rows, columns };
  });
  const views = namedViews(tensors, parameters.initial);
  const wanted = ['layer0.nu', 'layer1.nu'].flatMap((name) => [...(views.get(name) ?? [])].map(decayOf));
  expect(decays).toEqual(wanted);
  expect(decays).toHaveLength(14);
  for (const decay of decays) {
    expect(decay).toBeGreaterThan(0.299);
    expect(decay).toBeLessThan(0.601);
  }
});

test('recurrentDecays() is undefined when a model has none', () => {
  for (const name of ['lstm', 'linear-attention', 'softmax-attention']) {
    const { parameters } = planOf({ name });
    expect(recurrentDecays(parameters, parameters.initial)).toBeUndefined();
  }
});
