// Function classes in context (Garg et al. 2022): f drawn for every sequence, x ~ N(0, I), y_t = f(x_t).   x: [T + 1, d]   y: [T + 1, 1]
//   query   tokens (x_t, y_t) for t = 1 … T, then (x_q, 0); the target is y_q at the query only
//   every   tokens (x_t, y_{t−1}) for t = 1 … T + 1, y_0 = 0; the target is y_t at every token: the mean over all prefixes, which Garg et al. train on
// tokens: [T + 1, d + 1]
//
// After n examples the best step of gradient descent of a linear model, ŷ = η Σ_t y_t (x_t·x), has, with E y², c, m of function-laws.ts,
//   η_n = c / ((n − 1) c + m)          half MSE = ½ (E y² − n η_n c d)
//
// With fewer active dimensions everything is as in so many dimensions, and zeros fill x up to d entries.

import { z } from 'zod';
import type { ProgramBuilder, Value } from '../../tensor/index.js';
import { ConfigurationError } from '../configuration-error.js';
import { functionLaw, functionsSchema, type FunctionLaw } from './function-laws.js';
import { defineTask, type Sample } from './task.js';

const schema = z.strictObject({
  name: z.literal('function-class').describe('functions of a class from examples in the context'),
  contextLength: z.int().min(1).max(4095).default(40).describe('examples before the last query'),
  inputDimension: z.int().min(1).max(1024).default(20).describe('entries of x'),
  activeDimensions: z
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe('entries of x that f depends on, the first ones; those after them are zero; nothing: all'),
  functions: functionsSchema,
  answers: z
    .enum(['query', 'every'])
    .default('query')
    .describe('what is predicted: the last y, with tokens (x, y); or each y at its own x, with tokens (x, the y before)'),
});
type Options = z.output<typeof schema>;

/** η_n: the optimal learning rate of one gradient step of a linear model on n examples. */
export function linearStep({ correlation, spread }: FunctionLaw, exampleCount: number): number {
  return correlation / ((exampleCount - 1) * correlation + spread);
}

/** Half the mean squared error of that step. */
export function linearStepLoss(law: FunctionLaw, exampleCount: number, dimension: number): number {
  return (law.meanSquare - exampleCount * linearStep(law, exampleCount) * law.correlation * dimension) / 2;
}

/** Examples in as many dimensions as are active, and the inputs as tokens show them. */
interface Examples {
  readonly x: Value;
  readonly y: Value;
  readonly shownX: Value;
}

function askOnce(builder: ProgramBuilder, { x, y, shownX }: Examples, law: FunctionLaw): Sample {
  const count = x.rows - 1;
  const seen = builder.slice(y, { rows: count });
  const shown = builder.pad(seen, { row: 0, column: 0, rows: count + 1, columns: 1 });
  const similarity = builder.product(builder.row(x, count), builder.slice(x, { rows: count }), 'nt');
  return {
    tokens: builder.concatenate([shownX, shown], 'columns'),
    target: builder.row(y, count),
    gradientDescent: builder.multiply(builder.product(similarity, seen, 'nn'), linearStep(law, count)),
  };
}

function askAlways(builder: ProgramBuilder, { x, y, shownX }: Examples, law: FunctionLaw): Sample {
  const before = builder.shift(y, 1);
  const steps = Array.from({ length: x.rows }, (_, count) => linearStep(law, count));
  // Shifted by one, the examples up to a token's own place are those before it.
  const similarity = builder.product(x, builder.shift(x, 1), 'nt', 'output');
  return {
    tokens: builder.concatenate([shownX, before], 'columns'),
    target: y,
    gradientDescent: builder.multiply(builder.product(similarity, before, 'nn', 'left'), builder.table(x.rows, 1, steps)),
  };
}

function sample(builder: ProgramBuilder, options: Options, law: FunctionLaw): Sample {
  const { contextLength, inputDimension, answers } = options;
  const evaluate = law.draw(builder);
  const x = builder.normal(contextLength + 1, activeOf(options));
  const y = evaluate(x);
  const isWhole = x.columns === inputDimension;
  const shownX = isWhole ? x : builder.pad(x, { row: 0, column: 0, rows: x.rows, columns: inputDimension });
  const examples = { x, y, shownX };
  return answers === 'query' ? askOnce(builder, examples, law) : askAlways(builder, examples, law);
}

const activeOf = ({ inputDimension, activeDimensions = inputDimension }: Options): number => activeDimensions;

/** The smallest loss that is possible, where theory knows it after every number of examples that counts. */
function smallestLoss({ contextLength, answers }: Options, law: FunctionLaw): number | null {
  if (answers === 'query') return law.smallestLoss(contextLength);
  let sum = 0;
  for (let count = 0; count <= contextLength; count += 1) {
    const loss = law.smallestLoss(count);
    if (loss === null) return null;
    sum += loss;
  }
  return sum / (contextLength + 1);
}

const refusal = (found: string): ConfigurationError =>
  new ConfigurationError('configuration-invalid', `Cannot accept configuration: ${found}`);

/** Linear and sparse functions, networks and decision trees from examples, after Garg et al. 2022. */
export const functionClass = defineTask({
  name: 'function-class',
  schema,
  bind: (options) => {
    const { contextLength, inputDimension, functions, answers } = options;
    const active = activeOf(options);
    if (active > inputDimension) {
      throw refusal(`task.activeDimensions of ${active} found, at most the ${inputDimension} entries of x wanted`);
    }
    if (functions.class === 'sparse-linear' && functions.nonzero > active) {
      const wanted = `at most the ${active}${active < inputDimension ? ' active' : ''} entries of x wanted`;
      throw refusal(`task.functions.nonzero of ${functions.nonzero} found, ${wanted}`);
    }
    const law = functionLaw(functions, active);
    return {
      shape: {
        inputDimension: inputDimension + 1,
        outputDimension: 1,
        tokenCount: contextLength + 1,
        positions: answers === 'query' ? 'last' : 'all',
      },
      optimum: smallestLoss(options, law),
      sample: (builder) => sample(builder, options, law),
    };
  },
});
