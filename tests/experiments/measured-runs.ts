// Runs that were never made, with measurements as a test wants them.

import type { MeasuredRun } from '../../experiments/index.js';
import type { RegressionMeasurement } from '../../experiments/in-context-regression/measurement.js';
import type { IdentificationMeasurement } from '../../experiments/teacher-identification/measurement.js';
import { parseRunConfig } from '../../learning/index.js';

/** What a run is. */
interface Described {
  readonly study: string;
  readonly task: object;
  readonly model: object;
  readonly optimizer?: object;
  readonly seed?: number;
}

/** A run with a measurement. */
export function measuredRun<M>(
  { study, task, model, optimizer = { name: 'adamw' }, seed = 0 }: Described,
  measurement: M,
): MeasuredRun<M> {
  const config = parseRunConfig({ name: `${study}/seed-${seed}`, seed, task, model, optimizer });
  const parametersSha256 = 'a'.repeat(64);
  return {
    study,
    name: config.name,
    values: { seed },
    config,
    outcome: 'completed',
    step: 1000,
    parametersSha256,
    seconds: 1,
    measurement,
  };
}

/** A run of E3 that ends this far above the optimum. */
export function regressionRun(
  {
    study = 'in-context-regression',
    model = 'gated-rnn',
    hidden = 80,
    seed = 0,
  }: { study?: string; model?: string; hidden?: number; seed?: number },
  {
    difference = 0.0001,
    standardError = 0.00001,
    loss = 0.0945946 + difference,
    ...rest
  }: Partial<RegressionMeasurement> & {
    difference?: number;
    standardError?: number;
    loss?: number;
  } = {},
): MeasuredRun<RegressionMeasurement> {
  const pair = { sequences: 1_000_000, loss, gradientDescent: loss - difference, difference, standardError };
  const lags = [1, 2].map((age) => ({ age, mean: 0.0676, minimum: 0.0673, maximum: 0.0679 }));
  return measuredRun(
    {
      study,
      task: { name: 'in-context-regression' },
      model: { name: model, ...(model === 'gated-rnn' ? { hidden } : {}) },
      seed,
    },
    {
      trained: pair,
      doubled: { ...pair, loss: 2 * loss, difference: 2 * difference, standardError: 2 * standardError },
      ...{ coefficients: [0.068, 0.0682], lags, residual: 0.3, residualOnTask: 0.01 },
      network: {
        ...{ influentialDecays: [0.999, 0.998, 0.0001], keptCount: 13, rememberingCount: 9, forgettingCount: 4 },
        ...{ prunedLoss: loss, originalLoss: loss },
      },
      ...rest,
    },
  );
}

/** A run of E1. */
export function identificationRun(
  { study = 'teacher-identification', seed = 0, weightDecay = 0.0001 }: { study?: string; seed?: number; weightDecay?: number },
  measurement: Partial<IdentificationMeasurement> = {},
): MeasuredRun<IdentificationMeasurement> {
  return measuredRun(
    {
      ...{ study, seed, task: { name: 'attention-teacher' }, model: { name: 'gated-rnn', hidden: 100 } },
      optimizer: { name: 'adamw', weightDecay },
    },
    {
      ...{
        sequences: 65536,
        loss: 2.5e-8,
        normalizedLoss: 5e-8,
        keyValueScore: 4e-8,
        queryScore: 2e-10,
        polynomialDistance: 3e-4,
      },
      ...{ influentialDecays: [0.9999, 0.0001], keptCount: 14, rememberingCount: 10, forgettingCount: 4 },
      ...{ keptAtCommonLoss: 14, mergedLoss: 6e-8 },
      ...{ prunedLoss: 2.6e-8, originalLoss: 2.5e-8, curve: [{ step: 1000, normalizedLoss: 5e-8 }], ...measurement },
    },
  );
}

/** A run of E2. */
export function sizedRun(
  { hidden, rank = null, seed = 0 }: { hidden: number; rank?: number | null; seed?: number },
  normalizedLoss: number,
): MeasuredRun<{ sequences: number; loss: number; normalizedLoss: number }> {
  const task = { name: 'attention-teacher', dimension: 4, rank };
  return measuredRun(
    { study: 'overparametrization', task, model: { name: 'gated-rnn', hidden }, seed },
    { sequences: 65536, loss: normalizedLoss / 2, normalizedLoss },
  );
}
