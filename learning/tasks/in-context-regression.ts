// In-context linear regression: tokens (x_t, W x_t + ε_t) for t = 1 … T, then (x_q, 0); the target is W x_q at the query only.
// x: [T + 1, d_x]   W: [d_y, d_x], fresh for every sequence   tokens: [T + 1, d_x + d_y]
//
// Entries of x and of W are independent, or so along the axes of a covariance that the law fixes (covariance.ts).

import { z } from 'zod';
import type { ProgramBuilder, Value } from '../../tensor/index.js';
import { covarianceSchema, principalAxes, stretch } from './covariance.js';
import { optimalStep, optimalStepLoss, type PrincipalAxes, type RegressionLaw } from './gradient-descent.js';
import { optimalPreconditioner, preconditionedStepLoss } from './preconditioning.js';
import { defineTask, type Purpose, type Sample } from './task.js';

const inputLaw = z
  .discriminatedUnion('law', [
    z.strictObject({
      law: z.literal('uniform').describe('uniform between −bound and bound'),
      bound: z.number().positive().max(1e3).default(Math.sqrt(3)).describe('largest entry of x'),
    }),
    z.strictObject({
      law: z.literal('normal').describe('normal with mean 0'),
      standardDeviation: z.number().positive().max(1e3).default(1).describe('standard deviation of the entries of x'),
    }),
  ])
  .prefault({ law: 'uniform' })
  .describe('law of the entries of x');

const schema = z.strictObject({
  name: z.literal('in-context-regression').describe('linear regression from examples in the context'),
  contextLength: z.int().min(1).max(4095).default(12).describe('examples before the query'),
  inputDimension: z.int().min(1).max(1024).default(3).describe('entries of x'),
  outputDimension: z.int().min(1).max(1024).default(3).describe('entries of y'),
  inputs: inputLaw,
  covariance: covarianceSchema,
  weightVariance: z
    .number()
    .positive()
    .max(1e6)
    .nullable()
    .default(null)
    .describe('variance of the entries of W; null: 1 / inputDimension'),
  testWeightVariance: z
    .number()
    .positive()
    .max(1e6)
    .nullable()
    .default(null)
    .describe('the same on held-out sequences; null: as in training'),
  noise: z.number().min(0).max(1e3).default(0).describe("standard deviation of the noise on the examples' y"),
});
type Options = z.output<typeof schema>;

const uniformKurtosis = 9 / 5;
const normalKurtosis = 3;

/** The law that contexts are drawn from. */
export function regressionLaw(options: Options, purpose: Purpose): RegressionLaw {
  return lawAlong(principalAxes(options.covariance, options.inputDimension), options, purpose);
}

function lawAlong(axes: PrincipalAxes | undefined, options: Options, purpose: Purpose): RegressionLaw {
  const { contextLength, inputDimension, inputs, noise } = options;
  const trained = options.weightVariance ?? 1 / inputDimension;
  return {
    contextLength,
    inputDimension,
    inputVariance:
      inputs.law === 'uniform' ? (inputs.bound * inputs.bound) / 3 : inputs.standardDeviation * inputs.standardDeviation,
    inputKurtosis: inputs.law === 'uniform' ? uniformKurtosis : normalKurtosis,
    weightVariance: purpose === 'test' ? (options.testWeightVariance ?? trained) : trained,
    noiseVariance: noise * noise,
    ...(axes === undefined ? {} : { axes }),
  };
}

function drawInputs(builder: ProgramBuilder, { inputs, contextLength, inputDimension }: Options, law: RegressionLaw): Value {
  const rows = contextLength + 1;
  const independent =
    inputs.law === 'uniform'
      ? builder.multiply(builder.subtract(builder.uniform(rows, inputDimension), 0.5), 2 * inputs.bound)
      : builder.multiply(builder.normal(rows, inputDimension), inputs.standardDeviation);
  if (law.axes === undefined) return independent;
  return stretch(builder, independent, { variances: law.axes.inputs, directions: law.axes.directions });
}

function drawWeights(builder: ProgramBuilder, { inputDimension, outputDimension }: Options, law: RegressionLaw): Value {
  const isotropic = builder.multiply(builder.normal(outputDimension, inputDimension), Math.sqrt(law.weightVariance));
  const variances = law.axes?.weights ?? null;
  return variances === null ? isotropic : stretch(builder, isotropic, { variances, directions: law.axes?.directions ?? null });
}

function sample(builder: ProgramBuilder, options: Options, law: RegressionLaw): Sample {
  const { contextLength, outputDimension, noise } = options;
  const x = drawInputs(builder, options, law);
  const w = drawWeights(builder, options, law);
  const y = builder.product(x, w, 'nt');
  const exact = builder.slice(y, { rows: contextLength });
  const seen = noise === 0 ? exact : builder.add(exact, builder.multiply(builder.normal(contextLength, outputDimension), noise));
  const shown = builder.pad(seen, { row: 0, column: 0, rows: contextLength + 1, columns: outputDimension });
  const asked = precondition(builder, builder.row(x, contextLength), law);
  const similarity = builder.product(asked, builder.slice(x, { rows: contextLength }), 'nt');
  const learningRate = law.axes === undefined ? optimalStep(law) : 1;
  return {
    tokens: builder.concatenate([x, shown], 'columns'),
    target: builder.row(y, contextLength),
    gradientDescent: builder.multiply(builder.product(similarity, seen, 'nn'), learningRate),
  };
}

/** P x for the optimal preconditioner of a law with axes; without any P is a learning rate. */
function precondition(builder: ProgramBuilder, x: Value, law: RegressionLaw): Value {
  const { inputDimension, axes } = law;
  if (axes === undefined) return x;
  return builder.matmul(x, builder.table(inputDimension, inputDimension, optimalPreconditioner(law).flat()));
}

/** Linear regression in context, after von Oswald et al. 2022 and Zucchet et al. 2023; with a covariance, after Ahn et al. 2023. */
export const inContextRegression = defineTask({
  name: 'in-context-regression',
  schema,
  bind: (options) => {
    const axes = principalAxes(options.covariance, options.inputDimension);
    const law = lawAlong(axes, options, 'test');
    return {
      shape: {
        inputDimension: options.inputDimension + options.outputDimension,
        outputDimension: options.outputDimension,
        tokenCount: options.contextLength + 1,
        positions: 'last',
      },
      optimum: axes === undefined ? optimalStepLoss(law) : preconditionedStepLoss(law),
      sample: (builder, purpose) => sample(builder, options, lawAlong(axes, options, purpose)),
    };
  },
});
