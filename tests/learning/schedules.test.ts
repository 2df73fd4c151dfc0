import { describe, expect, it } from 'vitest';
import { cosineOfHalfTurns, learningRateAt } from '../../learning/schedules.js';

const schedule = { learningRate: 0.01, finalLearningRate: 0.001, warmupSteps: 10 };

describe('learningRateAt()', () => {
  it('grows linearly to the learning rate when warming up', () => {
    expect(learningRateAt({ ...schedule, schedule: 'cosine' }, 0, 110)).toBeCloseTo(0.001, 12);
    expect(learningRateAt({ ...schedule, schedule: 'cosine' }, 9, 110)).toBeCloseTo(0.01, 15);
    expect(learningRateAt({ ...schedule, schedule: 'cosine' }, 10, 110)).toBeCloseTo(0.01, 15);
  });

  it.each([
    ['constant', 0.01, 0.01],
    ['linear', 0.0055, 0.001],
    ['cosine', 0.0055, 0.001],
  ] as const)('goes as %s through the middle to the end', (name, middle, end) => {
    expect(learningRateAt({ ...schedule, schedule: name }, 60, 110)).toBeCloseTo(middle, 12);
    expect(learningRateAt({ ...schedule, schedule: name }, 110, 110)).toBeCloseTo(end, 12);
    expect(learningRateAt({ ...schedule, schedule: name }, 500, 110)).toBeCloseTo(end, 12);
  });

  it('is finite when all steps are warm-up', () => {
    expect(learningRateAt({ ...schedule, schedule: 'linear' }, 10, 10)).toBeCloseTo(0.01, 15);
  });
});

describe('cosineOfHalfTurns()', () => {
  it('equals the cosine to 1e-15', () => {
    for (let u = 0; u <= 1; u += 1 / 512) expect(Math.abs(cosineOfHalfTurns(u) - Math.cos(Math.PI * u))).toBeLessThan(1e-15);
  });
});
