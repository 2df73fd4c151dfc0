import { describe, expect, it } from 'vitest';
import {
  apply,
  plainStack as stack,
  plus,
  relativeDistance,
  runModel,
  scatteredTable,
  scatteredValues,
  specificationsOf,
  tableOf,
  times,
  type ModelRun,
  type Table,
} from '../run-model.js';

const decay = { minimum: 0, maximum: 0.999 };

/** Eq. 2 in f64, written for its equation. */
function layer(run: ModelRun, prefix: string, tokens: Table): Table {
  const parameter = (name: string): Table => tableOf(run, `${prefix}.${name}`);
  const lambda = parameter('nu')[0]!.map((nu) => Math.exp(-Math.exp(nu)));
  let h = lambda.map(() => 0);
  return tokens.map((x) => {
    const z = [...x, 1];
    h = plus(times(lambda, h), times(apply(parameter('inputGate.m'), z), apply(parameter('inputGate.x'), z)));
    return apply(parameter('readout'), times(apply(parameter('outputGate.m'), h), apply(parameter('outputGate.x'), h)));
  });
}

function withScatteredValues(run: Omit<ModelRun, 'values'>): ModelRun {
  return { ...run, values: scatteredValues(specificationsOf(run)) };
}

describe('gatedRnn', () => {
  const options = { name: 'gated-rnn' as const, hidden: 5, outputNeurons: 4, decay, ...stack };
  const single = withScatteredValues({ options, tokens: scatteredTable(7, 3, 99), outputDimension: 2, positions: 'all' });

  it('computes Eq. 2 at every token', () => {
    expect(relativeDistance(runModel(single), layer(single, 'layer0', single.tokens))).toBeLessThan(2e-6);
  });

  it('gives the last row of all outputs when only the last is wanted', () => {
    const last = runModel({ ...single, positions: 'last' });
    expect(last).toHaveLength(1);
    expect(relativeDistance(last, layer(single, 'layer0', single.tokens).slice(-1))).toBeLessThan(2e-6);
  });

  it('feeds each layer by the one before when stacked behind an embedding', () => {
    const stacked = withScatteredValues({
      ...single,
      options: { ...options, layers: 2, embedding: 4, width: 3 },
    });
    const embedded = single.tokens.map((x) => apply(tableOf(stacked, 'embedding'), x));
    const wanted = layer(stacked, 'layer1', layer(stacked, 'layer0', embedded));
    expect(relativeDistance(runModel(stacked), wanted)).toBeLessThan(1e-5);
  });
});

describe('sideGatedRnn', () => {
  const options = { name: 'side-gated-rnn' as const, hidden: 5, outputNeurons: 4, decay, ...stack };

  function reference(run: ModelRun): Table {
    const parameter = (name: string): Table => tableOf(run, `layer0.${name}`);
    const lambda = parameter('nu')[0]!.map((nu) => Math.exp(-Math.exp(nu)));
    let h = lambda.map(() => 0);
    return run.tokens.map((x) => {
      h = plus(times(lambda, h), times(apply(parameter('inputGate.m'), x), apply(parameter('inputGate.x'), x)));
      const read = run.values.has('layer0.sideGate.h') ? apply(parameter('sideGate.h'), h) : h;
      return apply(parameter('readout'), times(read, apply(parameter('sideGate.x'), x)));
    });
  }

  it('multiplies the hidden state by a function of the current token', () => {
    const run = withScatteredValues({ options, tokens: scatteredTable(7, 3, 98), outputDimension: 2, positions: 'all' });
    expect(relativeDistance(runModel(run), reference(run))).toBeLessThan(2e-6);
  });

  it('reads the hidden neurons themselves when there are no output neurons', () => {
    const run = withScatteredValues({
      options: { ...options, outputNeurons: null },
      tokens: scatteredTable(7, 3, 97),
      outputDimension: 2,
      positions: 'last',
    });
    expect(relativeDistance(runModel(run), reference(run).slice(-1))).toBeLessThan(2e-6);
  });
});
