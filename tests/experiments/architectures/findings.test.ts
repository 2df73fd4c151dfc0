import { describe, expect, it } from 'vitest';
import { architectureClaims } from '../../../experiments/architectures/claims.js';
import { concludeArchitectures } from '../../../experiments/architectures/findings.js';
import { architectureGroups, chosenRate, sweptRates, type ArchitectureRun } from '../../../experiments/architectures/groups.js';
import { architectureOf, sizeOf } from '../../../experiments/architectures/labels.js';
import { parseRunConfig, type RunConfig } from '../../../learning/index.js';
import { madeRun, threeSeeds } from './runs.js';

const gru = { name: 'gru', hidden: 32 };
const lstm = { name: 'lstm', hidden: 32 };
const gated = { name: 'gated-rnn', hidden: 32 };
const attention = { name: 'linear-attention' };
const lru = (variant: object = {}) => ({ name: 'lru', hidden: 32, embedding: 32, readout: true, ...variant });

/** Runs of which every statement is true. */
const asInThePaper: readonly ArchitectureRun[] = [
  ...threeSeeds({ model: gated, task: 'regression', loss: 0.095, difference: 0.001 }),
  ...threeSeeds({ model: gated, task: 'imitation', loss: 1e-4 }),
  ...threeSeeds({ model: gru, task: 'regression', loss: 0.07, difference: -0.02 }),
  ...threeSeeds({ model: gru, task: 'imitation', loss: 0.02, construction: 0.1 }),
  ...threeSeeds({ model: lstm, task: 'regression', loss: 0.08, difference: -0.01 }),
  ...threeSeeds({ model: lstm, task: 'imitation', loss: 0.01, construction: 1e-7 }),
  ...(['regression', 'imitation'] as const).flatMap((task) =>
    [1, 2].flatMap((layers) => [
      ...threeSeeds({ model: lru({ layers }), task, loss: 0.5 }),
      ...threeSeeds({ model: lru({ layers, inputGlu: true }), task, loss: 0.01 }),
      ...threeSeeds({ model: lru({ layers, inputGlu: true, feedforward: 'mlp' }), task, loss: 0.4 }),
    ]),
  ),
];

const verdicts = (runs: readonly ArchitectureRun[]): readonly string[] =>
  architectureClaims(architectureGroups(runs)).map(({ verdict }) => verdict);

/** Runs with those of one architecture and task replaced. */
function replaced(model: { readonly name: string }, task: 'regression' | 'imitation', by: readonly ArchitectureRun[]) {
  const isRegression = task === 'regression';
  const others = asInThePaper.filter(
    ({ config }) => config.model.name !== model.name || (config.task.name === 'in-context-regression') !== isRegression,
  );
  return [...others, ...by];
}

describe('architectureOf()', () => {
  const model = (raw: object): RunConfig['model'] =>
    parseRunConfig({ name: 'm', model: raw, task: { name: 'attention-teacher' }, optimizer: { name: 'adamw' } }).model;

  it('names variants and layers, and not the size', () => {
    expect(architectureOf(model(gru))).toBe('GRU');
    expect(architectureOf(model(lru({ inputGlu: true, feedforward: 'mlp', layers: 2 })))).toBe(
      'LRU, input GLU, MLP for GLU, 2 blocks',
    );
    expect(architectureOf(model({ name: 'gated-rnn', hidden: 8, layers: 2 }))).toBe('Eq. 2, 2 layers');
  });

  it('sizeOf() gives neurons, channels or the size of values, and null where it follows from the task', () => {
    expect(
      [gru, attention, { name: 'selective-ssm', channels: 7 }, { name: 'delta-net', valueDimension: 9 }].map((raw) =>
        sizeOf(model(raw)),
      ),
    ).toEqual([32, null, 7, 9]);
  });
});

describe('architectureGroups()', () => {
  it('takes the learning rate with the smallest loss of the sweep, task by task, and leaves the other runs out', () => {
    const study = 'architectures-rates';
    const runs = [
      madeRun({ model: gru, task: 'regression', study, learningRate: 0.003, loss: 0.2 }),
      madeRun({ model: gru, task: 'regression', study, learningRate: 0.01, loss: 0.1 }),
      madeRun({ model: gru, task: 'imitation', study, learningRate: 0.003, loss: 0.1 }),
      madeRun({ model: gru, task: 'imitation', study, learningRate: 0.01, loss: 0.2 }),
      madeRun({ model: gru, task: 'regression', seed: 1, learningRate: 0.01, loss: 0.11 }),
      madeRun({ model: gru, task: 'regression', seed: 2, learningRate: 0.003, loss: 0.05 }),
    ];
    const found = architectureGroups(runs).map(({ task, learningRate, runs: own }) => [
      task,
      learningRate,
      own.map(({ config }) => config.seed),
    ]);
    expect(found).toEqual([
      ['regression', 0.01, [0, 1]],
      ['imitation', 0.003, [0]],
    ]);
  });

  it('takes the rate of a GLU for the MLP in its place, and never that of a run that diverged', () => {
    const study = 'architectures-rates-lru';
    const runs = [
      madeRun({ model: lru(), task: 'regression', study, learningRate: 0.003, loss: 0.2 }),
      madeRun({ model: lru(), task: 'regression', study, learningRate: 0.01, loss: 0.1, outcome: 'diverged' }),
      madeRun({ model: lru({ feedforward: 'mlp' }), task: 'regression', learningRate: 0.003, loss: 0.3 }),
      madeRun({ model: lru({ feedforward: 'mlp' }), task: 'regression', learningRate: 0.01, loss: 0.1 }),
    ];
    expect(chosenRate(sweptRates(runs), 'LRU', 'regression')).toBe(0.003);
    expect(architectureGroups(runs).map(({ architecture, learningRate }) => [architecture, learningRate])).toEqual([
      ['LRU', 0.003],
      ['LRU, MLP for GLU', 0.003],
    ]);
  });
});

describe('architectureClaims()', () => {
  it('confirms what the runs show, except that nothing shows that a GRU cannot', () => {
    expect(verdicts(asInThePaper)).toEqual([
      ...Array<string>(5).fill('confirmed'),
      'not decided',
      ...Array<string>(8).fill('confirmed'),
    ]);
  });

  it('decides nothing where runs are missing or seeds are fewer than three', () => {
    expect(new Set(verdicts([]))).toEqual(new Set(['not decided']));
    const few = asInThePaper.filter(({ config }) => config.seed < 2);
    expect(verdicts(few)).toEqual([
      ...Array<string>(4).fill('not decided'),
      'confirmed',
      ...Array<string>(9).fill('not decided'),
    ]);
  });

  it('contradicts a statement whose opposite the seeds agree on', () => {
    const bad = threeSeeds({ model: gru, task: 'regression', loss: 0.12, difference: 0.03 });
    const found = verdicts(replaced(gru, 'regression', bad));
    expect([found[0], found[2], found[3]]).toEqual(['contradicted', 'contradicted', 'contradicted']);
    const good = threeSeeds({ model: gru, task: 'imitation', loss: 1e-6 });
    expect([verdicts(replaced(gru, 'imitation', good))[1], verdicts(replaced(gru, 'imitation', good))[2]]).toEqual([
      'contradicted',
      'contradicted',
    ]);
  });

  it('decides nothing where the seeds of two architectures overlap', () => {
    const near = threeSeeds({ model: gru, task: 'imitation', loss: 1.01e-4 });
    expect(verdicts(replaced(gru, 'imitation', near)).slice(1, 3)).toEqual(['not decided', 'not decided']);
  });

  it.each([
    { loss: 0.4, verdict: 'not decided' },
    { loss: 0.2, verdict: 'confirmed' },
    { loss: 0.6, verdict: 'contradicted' },
  ])('says of an input GLU that takes a loss of 0.5 to $loss that a large gain is $verdict', ({ loss, verdict }) => {
    const lruRuns = [
      ...threeSeeds({ model: lru(), task: 'regression', loss: 0.5 }),
      ...threeSeeds({ model: lru({ inputGlu: true }), task: 'regression', loss }),
    ];
    const claims = architectureClaims(architectureGroups(lruRuns));
    const claim = claims.find(({ statement }) => statement.includes('input GLU') && statement.includes('regression'));
    expect(claim?.verdict).toBe(verdict);
  });

  it('decides by a longer budget what a small one leaves open, and keeps both apart', () => {
    const task = 'regression';
    const longer = { task, study: 'architectures-lru-longer' } as const;
    const runs = [
      ...threeSeeds({ model: lru(), task, loss: 0.5 }),
      ...threeSeeds({ model: lru({ inputGlu: true }), task, loss: 0.3 }),
      ...threeSeeds({ ...longer, model: lru(), loss: 0.5 }),
      ...threeSeeds({ ...longer, model: lru({ inputGlu: true }), loss: 0.2 }),
    ];
    expect(architectureGroups(runs).map(({ architecture, budget }) => [architecture, budget])).toEqual([
      ['LRU', ''],
      ['LRU, input GLU', ''],
      ['LRU, 1,000 steps', ', 1,000 steps'],
      ['LRU, input GLU, 1,000 steps', ', 1,000 steps'],
    ]);
    const claim = architectureClaims(architectureGroups(runs)).find(({ statement }) => statement.includes('one block'));
    expect(claim?.verdict).toBe('confirmed');
    expect(claim?.because).toContain('LRU, input GLU, 1,000 steps');
  });

  it.each([
    { without: [0.23, 0.36, 0.24], withGlu: [0.24, 0.35, 0.25], verdict: 'contradicted', why: 'no seed is a factor of two away' },
    { without: [0.2, 0.45, 0.24], withGlu: [0.21, 0.35, 0.25], verdict: 'not decided', why: 'one seed is' },
    { without: [0.9, 0.95, 1], withGlu: [0.91, 0.94, 1], verdict: 'not decided', why: 'neither has learned the task' },
  ])('where seeds overlap, an input GLU is a large gain: $verdict, if $why', ({ without, withGlu, verdict, why }) => {
    const runs = (variant: object, losses: readonly number[]) =>
      losses.map((loss, seed) => madeRun({ model: lru(variant), task: 'imitation', seed, loss }));
    const claims = architectureClaims(architectureGroups([...runs({}, without), ...runs({ inputGlu: true }, withGlu)]));
    const claim = claims.find(({ statement }) => /input GLU.*one block.*imitation/.test(statement));
    expect(claim?.verdict).toBe(verdict);
    expect(claim?.because.includes('no comparison')).toBe(why === 'neither has learned the task');
    expect(claim?.because).toContain('the seeds overlap');
  });

  it('refuses a construction that does not imitate', () => {
    const bad = threeSeeds({ model: lstm, task: 'imitation', loss: 0.01, construction: 0.1 });
    expect(verdicts(replaced(lstm, 'imitation', bad))[4]).toBe('contradicted');
  });

  it('contradicts that a GRU cannot imitate by one that does', () => {
    const good = threeSeeds({ model: gru, task: 'imitation', loss: 0.02, construction: 1e-6 });
    expect(verdicts(replaced(gru, 'imitation', good))[5]).toBe('contradicted');
  });
});

describe('concludeArchitectures()', () => {
  it('draws what there is, and says of a gradient step whether a layer that cannot beat it did', () => {
    const { table, figures, details } = concludeArchitectures(asInThePaper);
    expect(figures.map(({ title }) => title)).toEqual([
      'Regression in context against size',
      'Imitation of attention against size',
    ]);
    expect(
      table.find(({ quantity }) => quantity === 'Eq. 2 (32), W* of variance 1/3: minus one gradient step on the same sequences'),
    ).toMatchObject({
      theory: '≥ 0',
      ours: { values: [0.001, 0.001, 0.001] },
      verdict: 'confirmed',
    });
    const below = replaced(gated, 'regression', threeSeeds({ model: gated, task: 'regression', loss: 0.08, difference: -0.01 }));
    expect(concludeArchitectures(below).table.map(({ verdict }) => verdict)).toContain('contradicted');
    expect(details.map(({ rows }) => rows.length)).toEqual([9, 9, 18]);
  });

  it('needs no runs', () => {
    const { table, figures } = concludeArchitectures([]);
    expect(table.every(({ ours, verdict }) => ours === undefined && verdict === 'not decided')).toBe(true);
    expect(figures).toEqual([]);
  });
});
