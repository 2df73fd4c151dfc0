import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  buildPlan,
  evaluateSerially,
  modelNames,
  parseRunConfig,
  trainSerially,
  type SerialStep,
  type TrainingPlan,
} from '../../learning/index.js';
import { createWasmBackend } from '../../backends/wasm/index.js';
import { addInto, interpreter, type Backend } from '../../tensor/index.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function planOf(changes: object = {}): TrainingPlan {
  return buildPlan(
    parseRunConfig({
      name: 'serial',
      seed: 3,
      task: { name: 'in-context-regression', contextLength: 4, inputDimension: 2, outputDimension: 2 },
      model: { name: 'gated-rnn', hidden: 6 },
      optimizer: { name: 'adamw', learningRate: 0.01 },
      training: { steps: 3, microbatchSize: 8, microbatches: 3 },
      evaluation: { sequences: 64 },
      ...changes,
    }),
  );
}

const smallSizes: Readonly<Partial<Record<string, object>>> = {
  ...Object.fromEntries(modelNames.filter((name) => !name.endsWith('attention')).map((name) => [name, { hidden: 5 }])),
  'delta-net': { keyDimension: 3, valueDimension: 5 },
  'selective-ssm': { channels: 5, states: 3 },
};

const train = (plan: TrainingPlan, backend: Backend = interpreter): readonly SerialStep[] => [
  ...trainSerially(plan, backend, sha256),
];

describe('trainSerially()', () => {
  it('yields one committed step after the other', () => {
    const steps = train(planOf());
    expect(steps.map(({ state }) => state.step)).toEqual([1, 2, 3]);
    expect(steps.every(({ parametersSha256 }) => /^[0-9a-f]{64}$/.test(parametersSha256))).toBe(true);
  });

  it('ends with the same digest when it runs twice, and with another when the seed is another', () => {
    const last = (plan: TrainingPlan): string | undefined => train(plan).at(-1)?.parametersSha256;
    expect(last(planOf())).toBe(last(planOf()));
    expect(last(planOf({ seed: 4 }))).not.toBe(last(planOf()));
  });

  it('adds microbatches in the order of the tree, (0 + 1) + 2', () => {
    const plan = planOf({ training: { steps: 1, microbatchSize: 8, microbatches: 3 } });
    const executable = interpreter.compile(plan.trainProgram);
    executable.load(plan.parameters.initial);
    const [first, second, third] = [0, 1, 2].map((index) => {
      const sums = new Float32Array(executable.outputLength);
      executable.run({ key: plan.keyFor('train', 0), firstSequence: 8 * index, sequenceCount: 8 }, sums);
      return sums;
    });
    addInto(first!, second!);
    addInto(first!, third!);
    const length = plan.parameters.initial.length;
    expect(train(plan)[0]?.loss).toBe(first![length]! / first![length + 1]!);
  });

  it('repeats a recorded trajectory of ten losses', () => {
    const plan = planOf({
      seed: 11,
      task: { name: 'in-context-regression' },
      model: { name: 'gated-rnn', hidden: 12 },
      optimizer: { name: 'adamw', learningRate: 0.02, schedule: 'constant' },
      training: { steps: 10, microbatchSize: 16, microbatches: 3 },
    });
    const recorded = [
      0.5885165, 0.32848324, 0.58912002, 0.42993853, 0.52577045, 0.50562016, 0.29416815, 0.57109547, 0.42804699, 0.52252033,
    ];
    train(plan).forEach(({ loss }, step) => expect(Math.abs(loss / recorded[step]! - 1)).toBeLessThan(1e-6));
  });

  it('lowers the loss when it trains for longer', () => {
    const plan = planOf({
      model: { name: 'linear-attention', initialGain: 0.3 },
      optimizer: { name: 'adam', learningRate: 0.02, schedule: 'constant' },
      training: { steps: 60, microbatchSize: 32, microbatches: 2 },
    });
    const last = train(plan).at(-1)!;
    const before = evaluateSerially(plan, interpreter, plan.parameters.initial);
    const after = evaluateSerially(plan, interpreter, last.state.parameters);
    expect(after.testLoss).toBeLessThan(0.7 * before.testLoss);
  });

  it.each(modelNames)('gives the same bits on WebAssembly as on the interpreter when the model is %s', (name) => {
    for (const task of [{ name: 'in-context-regression' }, { name: 'attention-teacher', tokenCount: 5 }]) {
      const plan = planOf({ model: { name, ...smallSizes[name] }, task });
      const wasm = createWasmBackend();
      expect(train(plan, wasm).map(({ parametersSha256 }) => parametersSha256)).toEqual(
        train(plan).map(({ parametersSha256 }) => parametersSha256),
      );
      expect(evaluateSerially(plan, wasm, plan.parameters.initial)).toEqual(
        evaluateSerially(plan, interpreter, plan.parameters.initial),
      );
    }
  });
});
