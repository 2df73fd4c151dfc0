import { describe, expect, it } from 'vitest';
import { concludeRecall } from '../../../experiments/recall/findings.js';
import { recallGroups, type RecallRun } from '../../../experiments/recall/groups.js';
import { parseRunConfig } from '../../../learning/index.js';

interface MadeRun {
  readonly model: Readonly<Record<string, unknown>>;
  readonly task?: Readonly<Record<string, unknown>>;
  readonly seed?: number;
  readonly learningRate?: number;
  readonly study?: string;
  readonly loss?: number;
  readonly accuracy?: number | null;
  readonly gradientDescent?: number;
}

const associative = { name: 'associative-recall', loss: 'cross-entropy' };
const squared = { name: 'associative-recall', loss: 'squared' };
const softmax = { name: 'softmax-attention', keyDimension: 8, valueDimension: 32 };
const lstm = { name: 'lstm', hidden: 64 };
const lru = { name: 'lru', hidden: 64, layers: 2 };

function madeRun(made: MadeRun): RecallRun {
  const {
    model,
    task = associative,
    seed = 0,
    learningRate = 0.01,
    study = 'associative-recall-seeds',
    loss = 1,
    accuracy = 1,
  } = made;
  return {
    study,
    name: `${study}/run`,
    values: {},
    config: parseRunConfig({ name: 'made', seed, model, task, optimizer: { name: 'adamw', learningRate } }),
    outcome: 'completed',
    step: 3000,
    parametersSha256: '0'.repeat(64),
    seconds: 1,
    measurement: { parameterCount: 100, loss, normalizedLoss: loss, accuracy, gradientDescent: made.gradientDescent ?? null },
  };
}

const threeSeeds = (made: MadeRun): readonly RecallRun[] => [0, 1, 2].map((seed) => madeRun({ ...made, seed }));

const oneStep = threeSeeds({
  model: { name: 'linear-attention' },
  task: squared,
  loss: 1e-9,
  accuracy: null,
  gradientDescent: 0,
});
const asPublished = [
  ...oneStep,
  ...threeSeeds({ model: softmax, accuracy: 0.999 }),
  ...threeSeeds({ model: lstm, accuracy: 0.4 }),
  ...threeSeeds({ model: lru, accuracy: 0.2 }),
];

const verdicts = (runs: readonly RecallRun[]): readonly string[] =>
  concludeRecall(runs)
    .claims.slice(0, 4)
    .map(({ verdict }) => verdict);

describe('recallGroups()', () => {
  it('takes the learning rate with the smallest loss of the sweep and leaves runs without an accuracy out', () => {
    const study = 'associative-recall-rates';
    const runs = [
      madeRun({ model: lstm, study, learningRate: 0.003, loss: 2, accuracy: 0.3 }),
      madeRun({ model: lstm, study, learningRate: 0.01, loss: 1, accuracy: 0.2 }),
      madeRun({ model: lstm, seed: 1, learningRate: 0.01, accuracy: 0.4 }),
      madeRun({ model: lstm, seed: 2, learningRate: 0.003, accuracy: 0.9 }),
      ...oneStep,
    ];
    expect(recallGroups(runs, 'associative-recall')).toMatchObject([
      { architecture: 'LSTM', size: 64, learningRate: 0.01, accuracies: [0.2, 0.4] },
    ]);
    expect(recallGroups(runs, 'multi-query-recall')).toEqual([]);
  });
});

describe('concludeRecall()', () => {
  it('confirms what the runs show', () => {
    expect(verdicts(asPublished)).toEqual(Array<string>(4).fill('confirmed'));
  });

  it('decides nothing where runs are missing or seeds are fewer than three', () => {
    expect(new Set(concludeRecall([]).claims.map(({ verdict }) => verdict))).toEqual(new Set(['not decided']));
    expect(new Set(verdicts(asPublished.filter(({ config }) => config.seed < 2)))).toEqual(new Set(['not decided']));
  });

  it('contradicts a layer that solves what it should not; one that does not solve within the budget decides nothing', () => {
    const solved = [...threeSeeds({ model: lstm, accuracy: 1 }), ...threeSeeds({ model: softmax, accuracy: 0.5 })];
    expect(verdicts(solved)).toEqual(['not decided', 'not decided', 'contradicted', 'not decided']);
  });

  it('contradicts the gradient step where attention has a loss left', () => {
    const left = threeSeeds({
      model: { name: 'linear-attention' },
      task: squared,
      loss: 0.2,
      accuracy: null,
      gradientDescent: 0,
    });
    expect(verdicts(left)[0]).toBe('contradicted');
  });

  it('sets published figures beside ours, with the verdict of whether both solve the task', () => {
    const { table, figures } = concludeRecall([
      ...asPublished,
      ...threeSeeds({ model: { name: 'gru', hidden: 64 }, accuracy: 0.5 }),
    ]);
    expect(table.map(({ quantity, verdict }) => [quantity, verdict])).toEqual([
      ['associative recall, softmax attention (32): right answers in %', 'confirmed'],
      ['associative recall, LSTM (64): right answers in %', 'confirmed'],
      ['associative recall, LRU, 2 blocks (64): right answers in %', 'confirmed'],
      ['associative recall, GRU (64): right answers in %', 'not decided'],
    ]);
    expect(table[0]?.paper).toEqual({ text: '100, of another task of this kind', known: 'quoted' });
    expect(figures).toHaveLength(1);
    const [solvedLstm] = concludeRecall(threeSeeds({ model: lstm, accuracy: 1 })).table;
    expect(solvedLstm?.verdict).toBe('contradicted');
  });

  it('lists who solves a task', () => {
    const list = concludeRecall(asPublished).claims[4];
    expect(list?.statement).toContain('softmax attention (32).');
    expect(list?.because).toContain('LSTM (64), LRU, 2 blocks (64)');
  });
});
