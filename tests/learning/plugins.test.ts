// Plugins as they are loaded, named and built; the real command with them is in tests/integration/plugins.test.ts.

import { describe, expect, it } from 'vitest';
import {
  bias,
  buildPlan,
  configurationTable,
  defineModel,
  definePlugin,
  defineTask,
  describeConfiguration,
  expandStudy,
  parseRunConfig,
  parseStudy,
  registryOf,
  uniformClasses,
  weight,
  z,
  type ModelDefinition,
  type PluginModule,
  type Registry,
  type TrainingPlan,
} from '../../learning/index.js';
import type { BoundTask } from '../../learning/index.js';

type Definition = ModelDefinition<'mine/linear', z.ZodObject>;

const schema = z.strictObject({ name: z.literal('mine/linear'), gain: z.number().min(0).default(1) });
const linear = defineModel({
  name: 'mine/linear',
  schema,
  parameters: ({ gain }, { inputDimension, outputDimension }) => [
    weight('readout', outputDimension, inputDimension, gain),
    bias('bias', outputDimension),
  ],
  apply: (_, { builder, tokens, parameter, positions }) => {
    const x = positions === 'last' ? builder.row(tokens, tokens.rows - 1) : tokens;
    return builder.add(builder.matmul(x, parameter('readout')), parameter('bias'));
  },
});

const shape = { inputDimension: 3, outputDimension: 3, tokenCount: 4, positions: 'all', classifiedTokens: 4 } as const;
const bound: BoundTask = {
  shape,
  optimum: 0,
  sample: (builder) => {
    const tokens = uniformClasses(builder, 4, 3);
    return { tokens, target: tokens, weights: builder.expand(1, 4, 1) };
  },
};
const echoSchema = z.strictObject({ name: z.literal('mine/echo') });
const echo = defineTask({ name: 'mine/echo', schema: echoSchema, bind: () => bound });

const moduleOf = (plugin: unknown, file = 'mine.js'): PluginModule => ({ file, sha256: 'a'.repeat(64), exports: { plugin } });
const registry = registryOf([moduleOf(definePlugin({ name: 'mine', models: [linear], tasks: [echo] }))]);
const raw = { name: 'x', model: { name: 'mine/linear' }, task: { name: 'mine/echo' } };

const planWith = (named: Registry, changes: object = {}): TrainingPlan =>
  buildPlan(parseRunConfig({ ...raw, ...changes }, named.schema), named);

describe('registryOf()', () => {
  it.each([
    ['exports nothing', {}, 'no export found, an export named plugin wanted'],
    ['exports other things', { models: [], tasks: [] }, 'exports models, tasks found, an export named plugin wanted'],
    ['exports something else as plugin', { plugin: 3 }, 'plugin: 3 found, what definePlugin() gives wanted'],
    ['has no name', { plugin: { models: [linear] } }, 'plugin.name: nothing found, words of small letters'],
    ['has a name with a slash', { plugin: { name: 'a/b', models: [linear] } }, 'plugin.name: "a/b" found'],
    ['brings nothing', { plugin: { name: 'mine' } }, 'an empty plugin found, a model or a task wanted'],
    [
      'has unknown parts',
      { plugin: { name: 'mine', optimizers: [] } },
      'plugin.optimizers found, name, models and tasks alone wanted',
    ],
    ['has no list', { plugin: { name: 'mine', models: linear } }, 'plugin.models: an object found, a list wanted'],
    ['has a hole', { plugin: { name: 'mine', tasks: [undefined] } }, 'plugin.tasks[0]: nothing found, a definition wanted'],
  ])('refuses a module that %s', (_, exports, message) => {
    const module = { file: 'mine.js', sha256: '', exports: exports as PluginModule['exports'] };
    expect(() => registryOf([module])).toThrow(`Cannot load plugin mine.js: ${message}`);
  });

  it.each([
    ['takes a name of this package', { name: 'gru' }, 'plugin.models[0].name: "gru" found, mine/ and words'],
    ["has another plugin's name", { name: 'yours/linear' }, '"yours/linear" found, mine/ and words'],
    ['has two slashes', { name: 'mine/a/b' }, '"mine/a/b" found, mine/ and words'],
    ['has no schema', { schema: undefined }, 'plugin.models[0].schema: nothing found, z.strictObject({ name, … }) wanted'],
    ['has a schema of something else', { schema: z.string() }, 'schema: an object found, z.strictObject'],
    [
      'has another name in its schema',
      { name: 'mine/other' },
      "schema with another name found, name: z.literal('mine/other') wanted",
    ],
    ['lacks a function', { apply: undefined }, 'plugin.models[0].apply: nothing found, a function wanted'],
  ])('refuses a model that %s', (_, changes, message) => {
    expect(() => registryOf([moduleOf({ name: 'mine', models: [{ ...linear, ...changes }] })])).toThrow(message);
  });

  it('refuses the same name twice, in one plugin and in two', () => {
    expect(() => registryOf([moduleOf({ name: 'mine', models: [linear, linear] })])).toThrow(
      'plugin.models: mine/linear twice found, distinct names wanted',
    );
    const [one, other] = [moduleOf({ name: 'mine', models: [linear] }), moduleOf({ name: 'mine', tasks: [echo] }, 'other.js')];
    expect(() => registryOf([one, other])).toThrow(
      'Cannot load plugin other.js: the name mine found, which mine.js has, another one wanted',
    );
  });

  it('leaves the configurations of this package as they are', () => {
    const builtIn = { name: 'x', model: { name: 'gru' }, task: { name: 'in-context-regression' } };
    expect(parseRunConfig(builtIn, registry.schema)).toEqual(parseRunConfig(builtIn));
    expect(planWith(registry, builtIn).plugins).toEqual([]);
    expect(configurationTable(describeConfiguration())).not.toContain('mine/');
  });
});

describe('parseRunConfig()', () => {
  it("fills in a plugin's defaults", () => {
    expect(parseRunConfig(raw, registry.schema).model).toEqual({ name: 'mine/linear', gain: 1 });
  });

  it.each([
    ['an impossible option', { model: { name: 'mine/linear', gain: -1 } }, 'model.gain: -1 found, at least 0 wanted'],
    ['an unknown option', { model: { name: 'mine/linear', gian: 1 } }, 'model.gian: an unknown key found, none wanted'],
    [
      'an unknown name',
      { model: { name: 'mine/conv' } },
      /model\.name: "mine\/conv" found, gated-rnn, .* or mine\/linear \(or a --plugin that has it\) wanted/,
    ],
    [
      'a model for a task',
      { task: { name: 'mine/linear' } },
      /task\.name: "mine\/linear" found, .* or mine\/echo \(or a --plugin that has it\) wanted/,
    ],
  ])('refuses %s', (_, changes, message) => {
    expect(() => parseRunConfig({ ...raw, ...changes }, registry.schema)).toThrow(message);
  });

  it('refuses unknown options also where the schema would drop them', () => {
    const lax = { ...linear, schema: z.object(schema.shape) };
    const named = registryOf([moduleOf({ name: 'mine', models: [lax], tasks: [echo] })]);
    expect(() => planWith(named, { model: { name: 'mine/linear', gian: 1 } })).toThrow('model.gian: an unknown key found');
  });

  it("knows no plugin's names without a registry", () => {
    const { task } = parseRunConfig({ ...raw, model: { name: 'gru' }, task: { name: 'induction-heads' } });
    expect(() => parseRunConfig({ ...raw, task })).toThrow(
      /model\.name: "mine\/linear" found, gated-rnn, .* or gru \(or a --plugin that has it\) wanted/,
    );
  });
});

describe('expandStudy()', () => {
  it('has plugins on its axes', () => {
    const base = { task: raw.task };
    const study = parseStudy({ name: 'both', base, grid: { model: [{ name: 'gru', hidden: 2 }, { name: 'mine/linear' }] } });
    expect(expandStudy(study, registry.schema).map(({ config }) => config.name)).toEqual([
      'both/model-gru',
      'both/model-mine-linear',
    ]);
    expect(() => expandStudy(study)).toThrow('task.name: "mine/echo" found');
  });
});

describe('buildPlan()', () => {
  it('has the plugins that a configuration needs, and no others', () => {
    const other = moduleOf({
      name: 'more',
      tasks: [{ ...echo, name: 'more/echo', schema: z.object({ name: z.literal('more/echo') }) }],
    });
    const both = registryOf([moduleOf({ name: 'mine', models: [linear], tasks: [echo] }), { ...other, file: 'more.js' }]);
    expect(planWith(both).plugins).toEqual([{ name: 'mine', file: 'mine.js', sha256: 'a'.repeat(64) }]);
    expect(planWith(both, { task: { name: 'more/echo' } }).plugins.map(({ name }) => name)).toEqual(['mine', 'more']);
  });

  const registryWith = (model: Partial<Definition>): Registry =>
    registryOf([moduleOf({ name: 'mine', models: [{ ...linear, ...model }], tasks: [echo] })]);

  it.each<[string, Partial<Definition>, string | RegExp]>([
    [
      'throws',
      {
        apply: () => {
          throw new TypeError('x is not a function');
        },
      },
      /^Cannot use mine\/linear of mine\.js: apply\(\) threw at mine\.js: TypeError: x is not a function$/,
    ],
    ['gives no value', { apply: () => undefined as never }, 'apply(): nothing found, a value [4, 3] wanted'],
    ['gives a number', { apply: () => 0 as never }, 'apply(): what is no value of the builder found'],
    [
      'gives another shape',
      { apply: (_, { builder }) => builder.expand(0, 4, 2) },
      'apply(): [4, 2] found, a value [4, 3] wanted',
    ],
    [
      'uses a parameter it does not have',
      { apply: (_, { parameter }) => parameter('w') },
      'parameter "w" found, one of its own wanted',
    ],
    ['has no parameters', { parameters: () => [] }, 'parameters(): a list found, at least 1 wanted'],
    ['has half a parameter', { parameters: () => [{ ...weight('w', 1, 1), rows: 0.5 }] }, 'parameters() 0.rows: 0.5 found'],
    [
      'has a parameter twice',
      { parameters: () => [bias('w', 1), bias('w', 1)] },
      'parameters(): "w" twice found, distinct names',
    ],
    [
      'changes its options',
      {
        schema: z.strictObject({
          name: z.literal('mine/linear'),
          size: z
            .number()
            .default(1)
            .transform((x) => x + 1),
        }),
      },
      'schema: options that are not the same when they are read again found',
    ],
  ])('says so where a model %s', (_, model, message) => {
    expect(() => planWith(registryWith(model))).toThrow(message);
  });

  it('says where operands do not fit', () => {
    const misfit = registryWith({ apply: (_, { builder, tokens }) => builder.matmul(tokens, builder.constant(0, 3, 2)) });
    expect(() => planWith(misfit)).toThrow(/^Cannot accept operation .*\(apply\(\) of mine\/linear, mine\.js\)$/);
  });

  it('refuses a program that no worker would take', () => {
    const huge = registryWith({ parameters: () => [weight('readout', 3, 3), bias('bias', 3), weight('more', 70_000, 7)] });
    expect(() => planWith(huge)).toThrow(/^Cannot accept program: \w+ \d+ found, at most \d+ wanted$/);
  });

  it.each<[string, object, string]>([
    ['has no shape', { shape: undefined }, 'bind() shape: nothing found, a group of fields wanted'],
    [
      'counts half a token',
      { shape: { ...shape, tokenCount: 1.5 } },
      'bind() shape.tokenCount: 1.5 found, a whole number wanted',
    ],
    ['draws fewer tokens', { shape: { ...shape, tokenCount: 5 } }, 'tokens of sample(): [4, 3] found, a value [5, 3] wanted'],
    ['draws nothing', { sample: () => undefined }, 'sample(): nothing found, a group of fields wanted'],
    [
      'does not say how many it classifies',
      { shape: { ...shape, classifiedTokens: undefined } },
      'weights found, shape.classifiedTokens',
    ],
    [
      'has no weights',
      { sample: (...context: Parameters<BoundTask['sample']>) => ({ ...bound.sample(...context), weights: undefined }) },
      'weights of sample(): nothing found, a value [4, 1] wanted',
    ],
  ])('says so where a task %s', (_, changes, message) => {
    const task = { ...echo, bind: () => ({ ...bound, ...changes }) };
    const named = registryOf([moduleOf({ name: 'mine', models: [linear], tasks: [task] })]);
    expect(() => planWith(named)).toThrow(
      `Cannot use mine/echo of mine.js: ${message}`.replace(': weights found', ': sample(): weights found'),
    );
  });
});
