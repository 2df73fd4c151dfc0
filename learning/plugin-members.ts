// A plugin's model or task with its options. What its functions give is looked at as it comes, so that a mistake is told where it was
// made, and not where something stumbles over it.

import { ProgramError, type Value } from '../tensor/index.js';
import { z } from 'zod';
import { configurationError } from './configuration-error.js';
import type { BoundModel, ModelContext } from './models/model.js';
import { PluginError } from './plugin-error.js';
import type { PluginModel, PluginOptions, PluginTask } from './plugin.js';
import type { BoundTask, Sample, TaskShape } from './tasks/task.js';

/** A model or task, and the file that it comes from. */
export interface PluginMember<Definition> {
  readonly definition: Definition;
  readonly file: string;
}

const initializationSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('constant'), value: z.number() }),
  z.strictObject({ type: z.literal('normal'), standardDeviation: z.number().min(0) }),
  z.strictObject({ type: z.literal('decay'), minimum: z.number(), maximum: z.number() }),
  z.strictObject({ type: z.literal('phase'), maximum: z.number() }),
  z.strictObject({ type: z.literal('normalizer'), decay: z.string() }),
  z.strictObject({ type: z.literal('orthogonal') }),
]);

const parametersSchema = z
  .array(
    z.strictObject({
      name: z.string().regex(/^[A-Za-z][A-Za-z0-9._-]{0,127}$/, 'a name of letters, digits and . _ -'),
      rows: z.int().min(1),
      columns: z.int().min(1),
      initialization: initializationSchema,
      group: z.enum(['decayed', 'undecayed']),
    }),
  )
  .min(1);

const boundTaskSchema = z.object({
  shape: z.object({
    inputDimension: z.int().min(1),
    outputDimension: z.int().min(1),
    tokenCount: z.int().min(1),
    positions: z.enum(['all', 'last']),
    classifiedTokens: z.int().min(1).optional(),
  }),
  optimum: z.number().nullable(),
  sample: z.custom<BoundTask['sample']>((value) => typeof value === 'function', 'a function'),
});

/** A plugin's model. Its methods throw PluginError or ProgramError that name it. */
export function bindPluginModel(member: PluginMember<PluginModel>, options: PluginOptions): BoundModel {
  const author = authorOf(member);
  const { definition } = member;
  author.checkOptions(options);
  return {
    parameters: (shape) => {
      const found = author.call('parameters()', () => definition.parameters(options, shape));
      author.check('parameters()', parametersSchema, found);
      const names = found.map(({ name }) => name);
      const twice = names.find((name, index) => names.indexOf(name) < index);
      if (twice !== undefined) author.refuse('parameters()', `"${twice}" twice`, 'distinct names');
      return found;
    },
    apply: (context) => {
      const found = author.call('apply()', () => definition.apply(options, context));
      return author.checkValue('apply()', found, outputShape(context));
    },
  };
}

const outputShape = ({ tokens, positions, outputDimension }: ModelContext): Shape => {
  return { rows: positions === 'all' ? tokens.rows : 1, columns: outputDimension };
};

/** A plugin's task. Its methods throw PluginError or ProgramError that name it. */
export function bindPluginTask(member: PluginMember<PluginTask>, options: PluginOptions): BoundTask {
  const author = authorOf(member);
  author.checkOptions(options);
  const bound = author.call('bind()', () => member.definition.bind(options));
  author.check('bind()', boundTaskSchema, bound);
  return {
    ...bound,
    sample: (...context) =>
      checkSample(
        author,
        author.call('sample()', () => bound.sample(...context)),
        bound.shape,
      ),
  };
}

function checkSample(author: Author, sample: Sample, shape: TaskShape): Sample {
  const { tokenCount, inputDimension, outputDimension, positions, classifiedTokens } = shape;
  const rows = positions === 'all' ? tokenCount : 1;
  author.check('sample()', z.object({}), sample);
  author.checkValue('tokens of sample()', sample.tokens, { rows: tokenCount, columns: inputDimension });
  author.checkValue('target of sample()', sample.target, { rows, columns: outputDimension });
  if (classifiedTokens !== undefined) author.checkValue('weights of sample()', sample.weights, { rows, columns: 1 });
  else if (sample.weights !== undefined) author.refuse('sample()', 'weights', 'shape.classifiedTokens beside them');
  if (sample.gradientDescent !== undefined) {
    author.checkValue('gradientDescent of sample()', sample.gradientDescent, { rows, columns: outputDimension });
  }
  return sample;
}

interface Shape {
  readonly rows: number;
  readonly columns: number;
}

/** What is said to the author of a model or task. */
interface Author {
  refuse(where: string, found: string, wanted: string): never;
  /** Calls a function of theirs; an error names what failed, and the line. */
  call<T>(where: string, action: () => T): T;
  check(where: string, schema: z.ZodType, found: unknown): void;
  checkValue(where: string, found: unknown, wanted: Shape): Value;
  /** Options are kept as JSON and read again. */
  checkOptions(options: PluginOptions): void;
}

function authorOf({ definition, file }: PluginMember<PluginModel | PluginTask>): Author {
  const { name, schema } = definition;
  const refuse: Author['refuse'] = (where, found, wanted) => {
    throw new PluginError('plugin-failed', `Cannot use ${name} of ${file}: ${where}: ${found} found, ${wanted} wanted`);
  };
  return {
    refuse,
    call: (where, action) => {
      try {
        return action();
      } catch (error) {
        const place = placeIn(file, error);
        if (error instanceof ProgramError) throw new ProgramError(error.code, `${error.message} (${where} of ${name}, ${place})`);
        const message = `Cannot use ${name} of ${file}: ${where} threw at ${place}: ${String(error)}`;
        throw new PluginError('plugin-failed', message, { cause: error });
      }
    },
    check: (where, wanted, found) => {
      const issues = wanted.safeParse(found).error?.issues ?? [];
      const [first] = configurationError(issues, found).issues;
      if (first !== undefined) refuse(`${where} ${first.path.join('.')}`.trim(), first.found, first.wanted);
    },
    checkValue: (where, found, { rows, columns }) => {
      const wanted = `a value [${rows}, ${columns}]`;
      if (!isValue(found)) return refuse(where, found === undefined ? 'nothing' : 'what is no value of the builder', wanted);
      if (found.rows !== rows || found.columns !== columns) return refuse(where, `[${found.rows}, ${found.columns}]`, wanted);
      return found;
    },
    checkOptions: (options) => {
      const kept = JSON.stringify(options);
      const again = schema.safeParse(JSON.parse(kept));
      if (again.success && JSON.stringify(again.data) === kept) return;
      refuse('schema', 'options that are not the same when they are read again', 'a schema without transformations');
    },
  };
}

const isValue = (x: unknown): x is Value =>
  typeof x === 'object' && x !== null && ['id', 'rows', 'columns', 'space'].every((key) => key in x);

/** The line of the file that an error comes from, as far as its stack tells. */
function placeIn(file: string, error: unknown): string {
  const frames = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  const frame = frames.map((line) => (line.lastIndexOf(`/${file}:`) < 0 ? undefined : /:(\d+):\d+\)?$/.exec(line)?.[1]));
  const line = frame.find((number) => number !== undefined);
  return line === undefined ? file : `${file}:${line}`;
}
