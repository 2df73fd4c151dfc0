// Known algorithms by the spectrum of the context: the numbers of theory, and each algorithm as it is usually written.

import { describe, expect, it } from 'vitest';
import {
  compareAlgorithms,
  drawRegression,
  estimate,
  gradientDescentFilter,
  leastSquaresFilter,
  lossesOf,
  predictionsOf,
  ridgeFilter,
  spectraOf,
  tunedAlgorithms,
  tuneGradientDescent,
  tuneRidge,
  type AnsweredSequence,
  type RegressionSequence,
} from '../../analysis/index.js';
import { wasmBackend } from '../../backends/index.js';
import { bindTask, inContextRegression, multiply, optimalStep, regressionLaw, streamKey } from '../../learning/index.js';
import { apply, plus, times, type Table } from '../learning/run-model.js';

function draw(options: object, sequenceCount: number, seed = 1): readonly RegressionSequence[] {
  const task = bindTask(inContextRegression.schema.parse({ name: 'in-context-regression', ...options }));
  return drawRegression(task, { backend: wasmBackend, key: streamKey(seed, 'test', 0), sequenceCount, purpose: 'train' });
}

// T = 12, d_x = d_y = 3, x ~ U(±√3), W ~ N(0, 1/3).
const [tuning, held] = [draw({}, 16_384, 1), draw({}, 16_384, 2)].map(spectraOf);

describe('tuneGradientDescent', () => {
  // Half the mean squared error per output: rates and losses of a million contexts in numpy, E over W and x_q taken exactly; their standard error is below
  // 0.00005, and in the rates losses are flat.
  const optima = [
    [1, 0.0675, 0.09456],
    [2, 0.0665, 0.03629],
    [3, 0.065, 0.01802],
    [5, 0.061, 0.00653],
    [10, 0.0535, 0.00132],
  ] as const;

  it.each(optima)('%i steps at the best rate, near %f, reach %f', (stepCount, rate, wanted) => {
    const { setting, filter } = tuneGradientDescent(tuning!, stepCount);
    expect(Math.abs(setting!.value / rate - 1)).toBeLessThan(0.04);
    const { mean, standardError } = estimate(lossesOf(held!, predictionsOf(held!, filter)));
    expect(Math.abs(mean - wanted)).toBeLessThan(4 * standardError + 0.00005);
    expect(standardError).toBeLessThan(0.06 * wanted);
    // Of the same contexts with E over W and x_q taken exactly: ½ w² s² Σ_v (1 − η g_v)^2k.
    const exact = estimate(
      held!.map(({ eigenvalues }) => eigenvalues.reduce((sum, g) => sum + (1 - setting!.value * g) ** (2 * stepCount), 0) / 6),
    );
    expect(Math.abs(exact.mean - wanted)).toBeLessThan(4 * exact.standardError + 0.00005);
    expect(exact.standardError).toBeLessThan(0.03 * wanted);
  });

  it('finds the rate of theory for one step', () => {
    const law = regressionLaw(inContextRegression.schema.parse({ name: 'in-context-regression' }), 'train');
    const { setting } = tuneGradientDescent(tuning!, 1);
    expect(setting!.value / optimalStep(law)).toBeCloseTo(1, 1.7);
  });
});

describe('filters', () => {
  const sequences = draw({ contextLength: 6, noise: 0.3 }, 16);
  const spectra = spectraOf(sequences);

  it('are k steps of gradient descent', () => {
    const predictions = predictionsOf(spectra, gradientDescentFilter(3, 0.05));
    sequences.forEach(({ gram, moments, query }, n) => {
      let w: Table = moments.map((row) => row.map(() => 0));
      for (let step = 0; step < 3; step += 1) {
        const along = multiply(w, gram);
        w = w.map((row, o) =>
          plus(
            row,
            times(
              plus(
                moments[o]!,
                along[o]!.map((x) => -x),
              ),
              row.map(() => 0.05),
            ),
          ),
        );
      }
      apply(w, query).forEach((y, o) => expect(predictions[n]![o]).toBeCloseTo(y, 10));
    });
  });

  it('are ridge regression and least squares: W (gram + α) = moments', () => {
    for (const penalty of [0, 0.7]) {
      const filter = penalty === 0 ? leastSquaresFilter : ridgeFilter(penalty);
      sequences.forEach(({ gram, moments }) => {
        // With each unit vector as query the predictions are the columns of W.
        const columns = gram.map((_, j) => {
          const query = gram.map((__, i) => (i === j ? 1 : 0));
          return predictionsOf(spectraOf([{ gram, moments, query, target: [] }]), filter)[0]!;
        });
        const w = moments.map((_, o) => columns.map((column) => column[o]!));
        const shifted = gram.map((row, i) => row.map((x, j) => (i === j ? x + penalty : x)));
        multiply(w, shifted).forEach((row, o) => row.forEach((x, j) => expect(x).toBeCloseTo(moments[o]![j]!, 8)));
      });
    }
  });

  it('leave directions alone that no example has', () => {
    const [short] = spectraOf(draw({ contextLength: 2 }, 16));
    expect(short!.eigenvalues.filter((g) => g === 0)).toHaveLength(1);
    expect(predictionsOf([short!], leastSquaresFilter)[0]!.every(Number.isFinite)).toBe(true);
  });
});

describe('tunedAlgorithms', () => {
  it('solves by least squares what has no noise, and by ridge regression what has', () => {
    const exact = spectraOf(draw({ contextLength: 6 }, 1024));
    expect(tunedAlgorithms(exact).map(({ name }) => name)).toEqual([
      '1 step of gradient descent',
      ...[2, 3, 5, 10].map((count) => `${count} steps of gradient descent`),
      'least squares',
    ]);
    const noisy = tunedAlgorithms(spectraOf(draw({ contextLength: 6, noise: 0.5 }, 1024)), [1]);
    expect(noisy.map(({ name }) => name)).toEqual(['1 step of gradient descent', 'least squares', 'ridge regression']);
  });

  it('finds the penalty of theory, σ² / w²', () => {
    const spectra = spectraOf(draw({ contextLength: 8, noise: 0.5, weightVariance: 0.5, inputs: { law: 'normal' } }, 8192));
    expect(tuneRidge(spectra).setting!.value).toBeCloseTo(0.5, 1);
  });
});

describe('compareAlgorithms', () => {
  it('names the algorithm that a network is, and by how much it differs', () => {
    const sequences = draw({}, 2048, 3);
    const spectra = spectraOf(sequences);
    const algorithms = tunedAlgorithms(tuning!, [1, 2, 3]);
    const three = algorithms.find(({ name }) => name.startsWith('3'))!;
    const answered: readonly AnsweredSequence[] = predictionsOf(spectra, three.filter).map((prediction, n) => ({
      ...sequences[n]!,
      prediction: prediction.map((x) => 1.01 * x),
      sensitivity: [],
    }));
    const comparison = compareAlgorithms(answered, algorithms);
    expect(comparison.nearest).toBe('3 steps of gradient descent');
    const [one, , same] = comparison.algorithms;
    expect(same!.distance).toBeGreaterThan(0.008);
    expect(same!.distance).toBeLessThan(0.01);
    expect(one!.excess.mean).toBeCloseTo(comparison.loss.mean - one!.loss.mean, 12);
    expect(one!.excess.mean).toBeLessThan(-5 * one!.excess.standardError);
    expect(() => compareAlgorithms(answered, [])).toThrow('no algorithms found');
  });
});
