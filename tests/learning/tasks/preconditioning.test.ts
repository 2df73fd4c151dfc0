import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../../../backends/index.js';
import {
  bindTask,
  buildPlan,
  evaluateSerially,
  flatten,
  optimalPreconditioner,
  optimalStep,
  optimalStepLoss,
  parseRunConfig,
  preconditionedStepLoss,
  regressionLaw,
  taskSchema,
  type Matrix,
  type RegressionLaw,
  type TaskOptions,
} from '../../../learning/index.js';
import { identity, multiply, transpose } from '../../../learning/matrices.js';
import { canonicalBytes, type Program } from '../../../tensor/index.js';
import { meanOf } from './draw-samples.js';
import { fitPreconditioner } from './simulate-regression.js';

type RegressionOptions = Extract<TaskOptions, { readonly name: 'in-context-regression' }>;

function parse(options: object): RegressionOptions {
  const task = taskSchema.parse({ name: 'in-context-regression', outputDimension: 1, ...options });
  if (task.name !== 'in-context-regression') throw new Error('another task');
  return task;
}

const largest = (a: Matrix): number => Math.max(...a.flat().map(Math.abs));
const difference = (a: Matrix, b: Matrix): number => largest(a.map((row, i) => row.map((x, j) => x - b[i]![j]!))) / largest(b);

const laws = {
  'normal inputs of falling variances, turned': {
    ...{ contextLength: 6, inputDimension: 3, inputs: { law: 'normal', standardDeviation: 1 } },
    covariance: { law: 'power', exponent: 1.5, rotationSeed: 4 },
  },
  'uniform inputs of given variances, with noise': {
    ...{ contextLength: 8, inputDimension: 3, noise: 0.4 },
    covariance: { law: 'variances', variances: [2, 1, 0.25] },
  },
  'normal inputs whose weights undo the covariance': {
    ...{ contextLength: 5, inputDimension: 2, inputs: { law: 'normal' }, weightVariance: 1 },
    covariance: { law: 'variances', variances: [1.5, 0.5], weightExponent: -1, rotationSeed: 9 },
  },
  'uniform inputs, turned, and weights along the same axes': {
    ...{ contextLength: 7, inputDimension: 3, noise: 0.2, inputs: { law: 'uniform', bound: 1.2 } },
    covariance: { law: 'power', exponent: 1, weightExponent: 1, rotationSeed: 2 },
  },
};

/** The best P and its loss, from 100,000 sequences in double precision. */
function simulate(options: RegressionOptions): ReturnType<typeof fitPreconditioner> {
  const { contextLength, inputVariance, weightVariance, axes } = regressionLaw(options, 'train');
  const deviations = (variance: number, along: readonly number[]): number[] => along.map((x) => Math.sqrt(variance * x));
  const law = {
    ...{ contextLength, inputs: options.inputs.law, noise: options.noise, directions: axes!.directions },
    inputDeviations: deviations(inputVariance, axes!.inputs),
    weightDeviations: deviations(weightVariance, axes!.weights ?? axes!.inputs.map(() => 1)),
  };
  return fitPreconditioner(law, { sequenceCount: 100_000, seed: 7 });
}

describe('optimalPreconditioner()', () => {
  it.each(Object.entries(laws))('and optimalStep() are what least squares finds in double precision, for %s', (_, given) => {
    const options = parse(given);
    const law = regressionLaw(options, 'train');
    const fitted = simulate(options);
    expect(difference(fitted.preconditioner, optimalPreconditioner(law))).toBeLessThan(0.04);
    expect(Math.abs(fitted.loss / preconditionedStepLoss(law) - 1)).toBeLessThan(0.015);
    expect(Math.abs(fitted.learningRate / optimalStep(law) - 1)).toBeLessThan(0.03);
    expect(Math.abs(fitted.plainLoss / optimalStepLoss(law) - 1)).toBeLessThan(0.015);
  });

  it('is one learning rate where inputs are isotropic', () => {
    const law = regressionLaw(parse({ noise: 0.3 }), 'train');
    const wanted = identity(3).map((row) => row.map((x) => x * optimalStep(law)));
    expect(difference(optimalPreconditioner(law), wanted)).toBeLessThan(1e-12);
    expect(preconditionedStepLoss(law)).toBeCloseTo(optimalStepLoss(law), 12);
  });

  it('is ((T + 1) Σ + (tr Σ + σ² / w²) I)⁻¹ for normal inputs', () => {
    const options = parse({ ...laws['normal inputs of falling variances, turned'], noise: 0.5 });
    const law = regressionLaw(options, 'train');
    const covariance = covarianceOf(law);
    const trace = covariance.reduce((sum, row, i) => sum + row[i]!, 0);
    const inverse = covariance.map((row, i) =>
      row.map((x, j) => (law.contextLength + 1) * x + (i === j ? trace + law.noiseVariance / law.weightVariance : 0)),
    );
    expect(difference(multiply(inverse, optimalPreconditioner(law)), identity(3))).toBeLessThan(1e-6);
  });

  it('is a multiple of Σ⁻¹ where the weights undo the covariance', () => {
    const law = regressionLaw(parse(laws['normal inputs whose weights undo the covariance']), 'train');
    const product = multiply(optimalPreconditioner(law), covarianceOf(law));
    const scale = product[0]![0]!;
    expect(
      difference(
        product,
        identity(2).map((row) => row.map((x) => x * scale)),
      ),
    ).toBeLessThan(1e-5);
  });

  it('beats the best plain step, whose law with equal variances along the axes is the isotropic one', () => {
    const law = regressionLaw(parse(laws['uniform inputs of given variances, with noise']), 'train');
    expect(preconditionedStepLoss(law)).toBeLessThan(0.95 * optimalStepLoss(law));
    const flat = { ...law, axes: { ...law.axes!, inputs: [1, 1, 1] } };
    const isotropic = regressionLaw(parse({ contextLength: 8, noise: 0.4 }), 'train');
    expect(optimalStep(flat)).toBeCloseTo(optimalStep(isotropic), 12);
    expect(optimalStepLoss(flat)).toBeCloseTo(optimalStepLoss(isotropic), 12);
  });
});

describe('inContextRegression with a covariance', () => {
  it.each(Object.entries(laws))('draws inputs of that covariance: %s', (_, given) => {
    const options = parse(given);
    const { contextLength, inputDimension } = options;
    const found = meanOf({ task: options, sequenceCount: 32_768 }, (b, { tokens }) => {
      const x = b.slice(tokens, { columns: inputDimension });
      return b.product(x, x, 'tn');
    });
    const wanted = covarianceOf(regressionLaw(options, 'train'));
    const rows = wanted.map((row, i) => row.map((_x, j) => found[i * inputDimension + j]! / (contextLength + 1)));
    expect(difference(rows, wanted)).toBeLessThan(0.02);
  });

  it.each(Object.entries(laws))('gives the preconditioned step the loss of the closed form: %s', (_, given) => {
    const options = parse(given);
    const { optimum } = bindTask(options);
    expect(optimum).toBe(preconditionedStepLoss(regressionLaw(options, 'test')));
    const [square] = meanOf({ task: options, sequenceCount: 32_768 }, (b, { target, gradientDescent }) =>
      b.square(b.subtract(gradientDescent!, target)),
    );
    expect(Math.abs(square! / 2 / optimum! - 1)).toBeLessThan(0.03);
  });

  it('turns the axes by an orthogonal matrix of the seed, the same for training and test', () => {
    const options = parse({ inputDimension: 5, covariance: { law: 'power', rotationSeed: 3 } });
    const directions = regressionLaw(options, 'train').axes!.directions!;
    expect(difference(multiply(transpose(directions), directions), identity(5))).toBeLessThan(1e-12);
    expect(regressionLaw(options, 'test').axes!.directions).toEqual(directions);
    const other = parse({ inputDimension: 5, covariance: { law: 'power', rotationSeed: 4 } });
    expect(regressionLaw(other, 'train').axes!.directions).not.toEqual(directions);
  });

  it.each([
    [{ inputDimension: 4, covariance: { law: 'variances', variances: [1, 2, 3] } }, 'of 3 numbers found, one for each of 4'],
    [{ inputDimension: 300, covariance: { law: 'power', rotationSeed: 0 } }, 'with 300 entries of x found, at most 256'],
  ])('refuses %o', (given, message) => {
    const options = parse(given);
    expect(() => bindTask(options)).toThrow(message);
  });
});

describe('one layer of linear attention', () => {
  it('takes the preconditioned step when its queries are P x, keys x and values y', () => {
    const task = parse(laws['uniform inputs, turned, and weights along the same axes']);
    const plan = buildPlan(
      parseRunConfig({ name: 'step', task, model: { name: 'linear-attention' }, evaluation: { sequences: 512 } }),
    );
    const preconditioner = optimalPreconditioner(regressionLaw(task, 'train'));
    const wide = [0, 1, 2, 3];
    const entries = (entry: (row: number, column: number) => number): number[] =>
      wide.flatMap((row) => wide.map((column) => (row < 3 && column < 3 ? entry(row, column) : 0)));
    const values = new Map([
      ['layer0.query', entries((row, column) => preconditioner[row]![column]!)],
      ['layer0.key', entries((row, column) => (row === column ? 1 : 0))],
      ['layer0.value', [0, 0, 0, 1]],
    ]);
    const { names, shapes } = plan.parameters;
    const tensors = names.map((name, index) => ({ name, rows: shapes[index]![0], columns: shapes[index]![1] }));
    const summary = evaluateSerially(plan, wasmBackend, flatten(tensors, values));
    expect(Math.abs(summary.difference!)).toBeLessThan(1e-6);
    expect(summary.standardError!).toBeLessThan(1e-6);
    expect(summary.testLoss).toBeLessThan(0.5 * summary.zero);
  });
});

describe('inContextRegression without a covariance', () => {
  // SHA-256 of training and evaluation programs as they were before there were covariances.
  it.each([
    [{}, '739302ee3bb3e662', '6dad4b156d75b50a'],
    [{ inputs: { law: 'normal', standardDeviation: 0.7 } }, 'e2727bd826e6e7dd', '125d25c633bb1b80'],
    [{ noise: 0.5, testWeightVariance: 2 / 3 }, '16670d38e5096422', '5d481e1212460ee3'],
    [
      {
        ...{ contextLength: 10, inputDimension: 10, outputDimension: 1, weightVariance: 1 },
        inputs: { law: 'uniform', bound: 0.5 },
      },
      '560a2e429a710d74',
      '06f440792d63e6c9',
    ],
  ] as [object, string, string][])('has the programs it always had: %o', (given, train, evaluation) => {
    const task = { name: 'in-context-regression', ...given };
    const plan = buildPlan(parseRunConfig({ name: 'isotropic', task, model: { name: 'linear-attention' } }));
    expect(digestOf(plan.trainProgram)).toBe(train);
    expect(digestOf(plan.evaluationProgram)).toBe(evaluation);
  });
});

function covarianceOf({ inputVariance, axes }: RegressionLaw): Matrix {
  const directions = axes!.directions ?? identity(axes!.inputs.length);
  const scaled = directions.map((row) => row.map((q, axis) => q * inputVariance * axes!.inputs[axis]!));
  return multiply(scaled, transpose(directions));
}

const digestOf = (program: Program): string => createHash('sha256').update(canonicalBytes(program)).digest('hex').slice(0, 16);
