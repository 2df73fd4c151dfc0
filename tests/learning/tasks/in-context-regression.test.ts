import { describe, expect, it } from 'vitest';
import { bindTask, optimalStep, optimalStepLoss, taskSchema, type RegressionLaw } from '../../../learning/index.js';
import { meanOf } from './draw-samples.js';

const task = { name: 'in-context-regression' };
const lawOfPaper: RegressionLaw = {
  contextLength: 12,
  inputDimension: 3,
  inputVariance: 1,
  inputKurtosis: 9 / 5,
  weightVariance: 1 / 3,
  noiseVariance: 0,
};

describe('inContextRegression', () => {
  it('draws inputs with mean 0 and variance 1 within ±√3 when the defaults are used', () => {
    const [mean] = meanOf({ task, sequenceCount: 4096 }, (b, { tokens }) =>
      b.sum(b.sum(b.slice(tokens, { columns: 3 }), 'columns'), 'rows'),
    );
    const [square] = meanOf({ task, sequenceCount: 4096 }, (b, { tokens }) =>
      b.sum(b.sum(b.square(b.slice(tokens, { columns: 3 })), 'columns'), 'rows'),
    );
    const [outside] = meanOf({ task, sequenceCount: 4096 }, (b, { tokens }) =>
      b.sum(b.sum(b.less(Math.sqrt(3), b.absolute(b.slice(tokens, { columns: 3 }))), 'columns'), 'rows'),
    );
    expect(mean! / 39).toBeCloseTo(0, 2);
    expect(square! / 39).toBeCloseTo(1, 2);
    expect(outside).toBe(0);
  });

  it('shows no y at the query', () => {
    const shown = meanOf({ task, sequenceCount: 64 }, (b, { tokens }) => b.absolute(b.slice(tokens, { row: 12, column: 3 })));
    expect(shown).toEqual([0, 0, 0]);
  });

  it('has one half as the loss of predicting zero when the variance of W is 1 / d', () => {
    const [square] = meanOf({ task, sequenceCount: 16384 }, (b, { target }) => b.sum(b.square(target), 'columns'));
    // Standard error about 0.006 of 0.5.
    expect(Math.abs(square! / 6 - 0.5)).toBeLessThan(0.02);
  });

  it.each([
    ['uniform inputs', {}, 0.0945946],
    ['normal inputs', { inputs: { law: 'normal' } }, 0.125],
    ['noisy examples', { noise: 0.5 }, undefined],
  ])('gives gradient descent the loss of the closed form when drawing %s', (_, options, wanted) => {
    const optimum = bindTask(taskSchema.parse({ ...task, ...options })).optimum!;
    if (wanted !== undefined) expect(optimum).toBeCloseTo(wanted, 6);
    const [square] = meanOf({ task: { ...task, ...options }, sequenceCount: 16384 }, (b, { target, gradientDescent }) =>
      b.sum(b.square(b.subtract(gradientDescent!, target)), 'columns'),
    );
    expect(Math.abs(square! / 6 / optimum - 1)).toBeLessThan(0.05);
  });

  it('doubles the variance of the target when the test variance of W is doubled, on held-out sequences only', () => {
    const doubled = { ...task, testWeightVariance: 2 / 3 };
    const measure = (purpose: 'train' | 'test'): number =>
      meanOf({ task: doubled, purpose, sequenceCount: 512 }, (b, { target }) => b.sum(b.square(target), 'columns'))[0]!;
    expect(measure('test') / measure('train')).toBeCloseTo(2, 4);
    expect(bindTask(taskSchema.parse(doubled)).optimum).toBeCloseTo(0.189189, 6);
  });
});

describe('optimalStep()', () => {
  it.each([
    ['uniform ±√3', lawOfPaper, 0.067568, 0.0945946],
    ['normal', { ...lawOfPaper, inputKurtosis: 3 }, 0.0625, 0.125],
    [
      'uniform ±½, ten dimensions',
      { contextLength: 10, inputDimension: 10, inputVariance: 1 / 12, inputKurtosis: 9 / 5, weightVariance: 1, noiseVariance: 0 },
      0.60606,
      0.20623,
    ],
    [
      'normal, twenty dimensions',
      { contextLength: 40, inputDimension: 20, inputVariance: 1, inputKurtosis: 3, weightVariance: 1 / 20, noiseVariance: 0 },
      0.016393,
      0.172131,
    ],
  ])('agrees with the published table when inputs are %s', (_, law, step, loss) => {
    expect(optimalStep(law)).toBeCloseTo(step, 5);
    expect(optimalStepLoss(law)).toBeCloseTo(loss, 5);
  });
});
