import { describe, expect, it } from 'vitest';
import type { ParameterSpecification } from '../../../learning/index.js';
import { runUpdates, type UpdateRun } from './run-update.js';

const parameters: readonly ParameterSpecification[] = [
  { name: 'weight', rows: 2, columns: 2, group: 'decayed', initialization: { type: 'constant', value: 0 } },
  { name: 'nu', rows: 1, columns: 1, group: 'undecayed', initialization: { type: 'constant', value: 0 } },
];
const initial = [0.5, -0.25, 1, -2, 3];
const lossWeight = 3;
const gradientAt = (step: number): readonly number[] =>
  initial.map((_, index) => Math.fround(Math.sin(step * 5 + index + 1) * 2));
const base = { clip: null, parameters, initial, lossWeight, stepCount: 10, gradient: gradientAt };

interface Rates {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly clip: number;
}

/** AdamW in f64, one parameter element after the other. */
function adamReference({ learningRate, weightDecay, clip }: Rates): readonly (readonly number[])[] {
  const theta = [...initial];
  const m = initial.map(() => 0);
  const v = initial.map(() => 0);
  return Array.from({ length: base.stepCount }, (_, step) => {
    const raw = gradientAt(step).map((g) => g / lossWeight);
    const norm = Math.sqrt(raw.reduce((sum, g) => sum + g * g, 0));
    raw.forEach((unclipped, index) => {
      const g = norm > clip ? (unclipped * clip) / norm : unclipped;
      m[index] = 0.9 * m[index]! + 0.1 * g;
      v[index] = 0.999 * v[index]! + 0.001 * g * g;
      const direction = m[index] / (1 - 0.9 ** (step + 1)) / (Math.sqrt(v[index] / (1 - 0.999 ** (step + 1))) + 1e-8);
      const pull = index < 4 ? weightDecay * theta[index]! : 0;
      theta[index]! -= learningRate * (direction + pull);
    });
    return [...theta];
  });
}

function expectClose(found: readonly number[], wanted: readonly number[]): void {
  wanted.forEach((x, index) => expect(Math.abs(found[index]! - x)).toBeLessThan(3e-6));
}

describe('adamw', () => {
  it('follows an f64 trajectory of ten steps, without decay of undecayed parameters', () => {
    const optimizer = { name: 'adamw', learningRate: 0.1, weightDecay: 0.05, schedule: 'constant' };
    const wanted = adamReference({ learningRate: 0.1, weightDecay: 0.05, clip: Infinity });
    runUpdates({ ...base, optimizer }).forEach((trace, step) => expectClose(trace.parameters, wanted[step]!));
  });

  it('follows an f64 trajectory of ten steps when the gradient is clipped', () => {
    const optimizer = { name: 'adamw', learningRate: 0.1, weightDecay: 0.05, schedule: 'constant' };
    const wanted = adamReference({ learningRate: 0.1, weightDecay: 0.05, clip: 0.75 });
    runUpdates({ ...base, optimizer, clip: 0.75 }).forEach((trace, step) => expectClose(trace.parameters, wanted[step]!));
  });

  it('reports the norm of the gradient before clipping', () => {
    const optimizer = { name: 'adamw', learningRate: 0.1 };
    runUpdates({ ...base, optimizer, clip: 0.01 }).forEach(({ gradientNorm }, step) => {
      const norm = Math.sqrt(gradientAt(step).reduce((sum, g) => sum + (g / lossWeight) * (g / lossWeight), 0));
      expect(gradientNorm).toBeCloseTo(norm, 5);
    });
  });

  it('keeps gradients as small as 1e-12 apart from zero', () => {
    const run: UpdateRun = {
      ...base,
      optimizer: { name: 'adamw', learningRate: 0.1, weightDecay: 0, epsilon: 1e-12 },
      gradient: () => initial.map(() => 3e-11),
    };
    const [first] = runUpdates(run);
    expect(first!.parameters[0]).toBeCloseTo(0.5 - 0.1 * (1e-11 / (1e-11 + 1e-12)), 4);
  });
});

describe('adam', () => {
  it('follows an f64 trajectory of ten steps', () => {
    const optimizer = { name: 'adam', learningRate: 0.1, schedule: 'constant' };
    const wanted = adamReference({ learningRate: 0.1, weightDecay: 0, clip: Infinity });
    runUpdates({ ...base, optimizer }).forEach((trace, step) => expectClose(trace.parameters, wanted[step]!));
  });
});

describe('sgd', () => {
  it('accumulates a velocity when there is momentum', () => {
    const optimizer = { name: 'sgd', learningRate: 0.1, momentum: 0.5, schedule: 'constant' };
    const theta = [...initial];
    const velocity = initial.map(() => 0);
    runUpdates({ ...base, optimizer }).forEach((trace, step) => {
      gradientAt(step).forEach((g, index) => {
        velocity[index] = 0.5 * velocity[index]! + g / lossWeight;
        theta[index]! -= 0.1 * velocity[index];
      });
      expectClose(trace.parameters, theta);
    });
  });

  it('subtracts the gradient when there is no momentum', () => {
    const [first] = runUpdates({ ...base, optimizer: { name: 'sgd', learningRate: 0.5, schedule: 'constant' } });
    expectClose(
      first!.parameters,
      initial.map((x, index) => x - (0.5 * gradientAt(0)[index]!) / lossWeight),
    );
  });
});
