import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { buildPlan, builtInRegistry, createPlanner, parseRunConfig, type TrainingPlan } from '../../learning/index.js';
import { canonicalBytes, inputLength, outputLength } from '../../tensor/index.js';

const raw = {
  name: 'plan',
  seed: 1,
  task: { name: 'in-context-regression' },
  model: { name: 'gated-rnn', hidden: 6 },
  training: { steps: 20, microbatchSize: 16, microbatches: 3 },
  evaluation: { sequences: 100 },
};
const planOf = (changes: object = {}): TrainingPlan => buildPlan(parseRunConfig({ ...raw, ...changes }));

function digestOf(plan: TrainingPlan): string {
  const hash = createHash('sha256');
  for (const program of [plan.trainProgram, plan.evaluationProgram, plan.updateProgram]) hash.update(canonicalBytes(program));
  return hash.update(plan.parameters.initial).digest('hex');
}

describe('buildPlan()', () => {
  it('gives the same bytes when the configuration is the same', () => {
    expect(digestOf(planOf())).toBe(digestOf(planOf()));
  });

  it('gives other parameters and the same programs when the seed is another', () => {
    const [one, other] = [planOf(), planOf({ seed: 2 })];
    expect(other.parameters.initial).not.toEqual(one.parameters.initial);
    expect(other.trainProgram).toEqual(one.trainProgram);
    expect(other.keyFor('train', 0)).not.toEqual(one.keyFor('train', 0));
  });

  it('never draws a step or a held-out sequence from the key of another', () => {
    const plan = planOf();
    const keys = [...Array.from({ length: 100 }, (_, step) => plan.keyFor('train', step)), plan.keyFor('test', 0)];
    expect(new Set(keys.map(String)).size).toBe(101);
  });

  it('has programs whose vectors fit each other', () => {
    const plan = planOf();
    const length = plan.parameters.initial.length;
    const scalars = plan.updateScalars(0).length;
    expect(inputLength(plan.trainProgram)).toBe(length);
    expect(inputLength(plan.evaluationProgram)).toBe(length);
    expect(outputLength(plan.trainProgram)).toBe(length + 2);
    expect(inputLength(plan.updateProgram)).toBe(2 * length + 1 + plan.stateLength + scalars);
    expect(outputLength(plan.updateProgram)).toBe(length + plan.stateLength + 1);
    expect(plan.outputNames.evaluation).toEqual([
      'loss',
      'lossWeight',
      'metric/zeroLoss',
      'metric/gradientDescentLoss',
      'metric/difference',
      'metric/differenceSquared',
    ]);
  });

  it('tells the learning rate of a step as the update has it', () => {
    const plan = planOf();
    for (const step of [0, 1, 17, plan.stepCount]) expect(plan.learningRateAt(step)).toBe(plan.updateScalars(step)[0]);
  });

  it('rounds held-out sequences up to whole microbatches', () => {
    expect(planOf().evaluation.microbatchCount).toBe(7);
  });

  it('refuses a program that no worker would run', () => {
    const task = { name: 'in-context-regression', contextLength: 4095, inputDimension: 1024, outputDimension: 1024 };
    expect(() => planOf({ task, model: { name: 'gated-rnn', hidden: 4096 } })).toThrow(
      /^Cannot accept program: .* found, at most .* wanted$/,
    );
  });
});

describe('createPlanner()', () => {
  const planFor = createPlanner(builtInRegistry);
  const configOf = (changes: object = {}) => parseRunConfig({ ...raw, ...changes });

  it('gives the plans of buildPlan()', () => {
    for (const changes of [
      {},
      { seed: 2 },
      { name: 'other' },
      { model: { name: 'lstm', hidden: 3 } },
      { optimizer: { name: 'sgd' } },
    ]) {
      const [plan, wanted] = [planFor(configOf(changes)), planOf(changes)];
      expect(digestOf(plan)).toBe(digestOf(wanted));
      expect(plan).toMatchObject({ name: wanted.name, seed: wanted.seed, stepCount: wanted.stepCount });
      expect(plan.keyFor('train', 7)).toEqual(wanted.keyFor('train', 7));
    }
  });

  it('shares programs among runs that differ in name and seed alone, as long as they are among the newest kinds', () => {
    const first = planFor(configOf({ seed: 5 }));
    expect(planFor(configOf({ seed: 6, name: 'other' })).trainProgram).toBe(first.trainProgram);
    for (let hidden = 2; hidden < 18; hidden += 1) planFor(configOf({ model: { name: 'lstm', hidden } }));
    expect(planFor(configOf({ seed: 5 })).trainProgram).not.toBe(first.trainProgram);
  });
});
