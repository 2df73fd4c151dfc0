import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createWasmBackend } from '../../backends/wasm/index.js';
import {
  buildPlan,
  ConfigurationError,
  evaluateSerially,
  mostStages,
  parseRunConfig,
  stageAt,
  trainSerially,
  type TrainingPlan,
} from '../../learning/index.js';
import { canonicalBytes, interpreter, type Backend, type Program } from '../../tensor/index.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const digestOf = (program: Program): string => sha256(canonicalBytes(program));

const task = { name: 'function-class', contextLength: 4, inputDimension: 3, answers: 'every' };

function rawWith(curriculum: unknown, changes: object = {}): object {
  return {
    ...{ name: 'curriculum', seed: 5, task, model: { name: 'gated-rnn', hidden: 4 } },
    optimizer: { name: 'adamw', learningRate: 0.01 },
    training: { steps: 6, microbatchSize: 8, microbatches: 2, ...(curriculum === undefined ? {} : { curriculum }) },
    evaluation: { sequences: 64 },
    ...changes,
  };
}
const planWith = (curriculum?: unknown, changes: object = {}): TrainingPlan =>
  buildPlan(parseRunConfig(rawWith(curriculum, changes)));

const trajectory = (plan: TrainingPlan, backend: Backend = interpreter): readonly string[] =>
  [...trainSerially(plan, backend, sha256)].map(({ parametersSha256 }) => parametersSha256);

/** Two dimensions and two examples, three and three, and then the task itself. */
const growing = [
  { fromStep: 0, task: { activeDimensions: 2, contextLength: 2 }, grow: { every: 2, times: 1, by: { contextLength: 1 } } },
  { fromStep: 4 },
];

describe('a curriculum', () => {
  it('gives each step the program of the last stage that has begun', () => {
    const plan = planWith(growing);
    const wanted = [{ activeDimensions: 2, contextLength: 2 }, { activeDimensions: 2, contextLength: 3 }, {}].map((fields) =>
      digestOf(planWith(undefined, { task: { ...task, ...fields } }).trainProgram),
    );
    expect(new Set(wanted).size).toBe(3);
    const found = [0, 1, 2, 3, 4, 5, 6].map((step) => digestOf(stageAt(plan, step).trainProgram));
    expect(found).toEqual([0, 0, 1, 1, 2, 2, 2].map((index) => wanted[index]));
    expect(plan.stages.map(({ fromStep, endStep }) => [fromStep, endStep])).toEqual([
      [0, 2],
      [2, 4],
      [4, 6],
    ]);
    expect(plan.trainProgram).toBe(plan.stages[0]?.trainProgram);
  });

  it('leaves parameters, evaluation and update what they are without', () => {
    const [plain, staged] = [planWith(), planWith(growing)];
    expect(staged.parameters).toEqual(plain.parameters);
    expect(digestOf(staged.evaluationProgram)).toBe(digestOf(plain.evaluationProgram));
    expect(digestOf(staged.updateProgram)).toBe(digestOf(plain.updateProgram));
    const { initial } = plain.parameters;
    expect(evaluateSerially(staged, interpreter, initial)).toEqual(evaluateSerially(plain, interpreter, initial));
  });

  it('changes the parameters from its first step on, and none where no stage differs from the task', () => {
    const plain = trajectory(planWith());
    expect(trajectory(planWith(growing))[0]).not.toBe(plain[0]);
    for (const idle of [
      [],
      [{ fromStep: 0 }],
      [
        { fromStep: 0, task: { contextLength: 4 } },
        { fromStep: 3, task: {} },
      ],
    ]) {
      expect(trajectory(planWith(idle))).toEqual(plain);
    }
    // The steps before the border are those of the task alone.
    const late = trajectory(planWith([{ fromStep: 0 }, { fromStep: 3, task: { activeDimensions: 1 } }]));
    expect(late.slice(0, 3)).toEqual(plain.slice(0, 3));
    expect(late[3]).not.toBe(plain[3]);
  });

  it('gives the same bits on WebAssembly as on the interpreter', () => {
    const plan = planWith(growing);
    expect(trajectory(plan, createWasmBackend())).toEqual(trajectory(plan));
  });

  it('builds one program for stages of the same task', () => {
    const there = { activeDimensions: 2 };
    const { stages } = planWith([{ fromStep: 0, task: there }, { fromStep: 2 }, { fromStep: 4, task: there }]);
    expect(stages[2]?.trainProgram).toBe(stages[0]?.trainProgram);
  });

  it('is kept as it was written, so that it is read again as the same', () => {
    const config = parseRunConfig(rawWith(growing));
    expect(parseRunConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
    expect(Object.keys(parseRunConfig(rawWith(undefined)).training)).not.toContain('curriculum');
  });

  it('takes fields of groups as a whole', () => {
    const functions = { class: 'sparse-linear', nonzero: 2 };
    const plan = planWith([{ fromStep: 0, task: { functions } }]);
    expect(digestOf(plan.trainProgram)).toBe(digestOf(planWith(undefined, { task: { ...task, functions } }).trainProgram));
  });
});

describe('a curriculum that cannot be accepted', () => {
  const grow = (changes: object): object => ({ every: 1, times: 2, by: { contextLength: 1 }, ...changes });

  it.each([
    [[{ fromStep: 1 }], 'training.curriculum.0.fromStep: 1 found, 0 wanted'],
    [[{ fromStep: 0 }, { fromStep: 6 }], 'training.curriculum.1.fromStep: 6 found, less than the 6 steps of the run wanted'],
    [
      [{ fromStep: 0, grow: grow({}) }, { fromStep: 2 }],
      'training.curriculum.1.fromStep: 2 found, more than 2, where the stage before it begins, wanted',
    ],
    [
      [{ fromStep: 0, grow: grow({ every: 3 }) }],
      'training.curriculum.0.grow: a stage from step 6 on found, an earlier one than the end, after 6 steps, wanted',
    ],
    [
      [{ fromStep: 0, grow: grow({ times: mostStages - 1 }) }, { fromStep: 5 }],
      `training.curriculum: ${mostStages + 1} stages found, at most ${mostStages} wanted`,
    ],
    [[{ fromStep: 0, task: { contextLength: 0 } }], 'training.curriculum.0.task.contextLength: 0 found, at least 1 wanted'],
    [[{ fromStep: 0, task: { stray: 1 } }], 'training.curriculum.0.task.stray: an unknown key found, none wanted'],
    [
      [{ fromStep: 0, task: { name: 'attention-teacher' } }],
      'training.curriculum.0.task.name: a name found, fields of function-class alone wanted',
    ],
    [
      [{ fromStep: 0, grow: grow({ by: { contextLength: 2047 } }) }],
      'training.curriculum.0.grow: contextLength of 4098 from step 2 on found, at most 4095 wanted',
    ],
    [
      [{ fromStep: 0, grow: grow({ by: { answers: 1 } }) }],
      'training.curriculum.0.grow.by.answers: a field found, one that the stage or the task has as a number wanted',
    ],
  ])('is refused with its place when it is read (%#)', (curriculum, wanted) => {
    const read = (): unknown => parseRunConfig(rawWith(curriculum));
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(`Cannot accept configuration: ${wanted}`);
  });

  it('is refused where a stage would give the model other parameters', () => {
    expect(() => planWith([{ fromStep: 0 }, { fromStep: 3, task: { inputDimension: 2 } }])).toThrow(
      /^Cannot accept configuration: parameter \S+ \[4, 4\] found, \S+ \[4, 5\] wanted \(in the curriculum's stage from step 3 on\)$/,
    );
  });

  it("is refused where a stage's task contradicts itself", () => {
    expect(() => planWith([{ fromStep: 0 }, { fromStep: 3, task: { activeDimensions: 4 } }])).toThrow(
      "task.activeDimensions of 4 found, at most the 3 entries of x wanted (in the curriculum's stage from step 3 on)",
    );
  });
});
