import { describe, expect, it } from 'vitest';
import {
  apply,
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

/** The LSTM in f64. */
function hiddenStates(run: ModelRun, prefix: string, tokens: Table): Table {
  const parameter = (name: string): Table => tableOf(run, `${prefix}.${name}`);
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  let h = parameter('input.bias')[0]!.map(() => 0);
  let c = h;
  return tokens.map((x) => {
    const gate = (name: string): readonly number[] =>
      plus(plus(apply(parameter(`${name}.x`), x), apply(parameter(`${name}.h`), h)), parameter(`${name}.bias`)[0]!);
    const [i, f, o] = ['input', 'forget', 'output'].map((name) => gate(name).map(sigmoid));
    c = plus(times(f!, c), times(i!, gate('candidate').map(Math.tanh)));
    h = times(o!, c.map(Math.tanh));
    return h;
  });
}

describe('lstm', () => {
  it('computes gates, cell and hidden state as flax does when stacked', () => {
    const options = { name: 'lstm' as const, hidden: 4, layers: 2, embedding: null };
    const base = { options, tokens: scatteredTable(6, 3, 70), outputDimension: 2, positions: 'all' as const };
    const run = { ...base, values: scatteredValues(specificationsOf(base)) };
    const wanted = hiddenStates(run, 'layer1', hiddenStates(run, 'layer0', run.tokens)).map((h) =>
      apply(tableOf(run, 'readout'), h),
    );
    expect(relativeDistance(runModel(run), wanted)).toBeLessThan(2e-6);
    expect(relativeDistance(runModel({ ...run, positions: 'last' }), wanted.slice(-1))).toBeLessThan(2e-6);
  });
});
