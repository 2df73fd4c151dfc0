// Measured runs of E4 that never ran.

import { parseRunConfig } from '../../../learning/index.js';
import type { ArchitectureRun } from '../../../experiments/architectures/groups.js';

/** What a made run is. */
export interface MadeRun {
  readonly model: Readonly<Record<string, unknown>>;
  readonly task: 'imitation' | 'regression';
  readonly seed?: number;
  readonly learningRate?: number;
  readonly study?: string;
  readonly loss: number;
  /** Loss minus one gradient step; its standard error is 0.001. */
  readonly difference?: number;
  readonly construction?: number;
  readonly outcome?: 'completed' | 'diverged';
}

const tasks = { imitation: { name: 'attention-teacher' }, regression: { name: 'in-context-regression' } };

/** A measured run. */
export function madeRun(made: MadeRun): ArchitectureRun {
  const { model, task, seed = 0, learningRate = 0.01, study = 'architectures-seeds', loss, difference = 0 } = made;
  const optimizer = { name: 'adamw', learningRate };
  const pair = { loss, gradientDescent: loss - difference, difference, standardError: 0.001 };
  return {
    study,
    name: `${study}/run`,
    values: {},
    config: parseRunConfig({ name: 'made', seed, model, task: tasks[task], optimizer }),
    outcome: made.outcome ?? 'completed',
    step: 3000,
    parametersSha256: '0'.repeat(64),
    seconds: 1,
    measurement: {
      parameterCount: 100,
      loss,
      normalizedLoss: loss,
      regression:
        task === 'regression' ? { trained: pair, doubled: { ...pair, loss: 2 * loss, difference: 2 * difference } } : null,
      construction: made.construction ?? null,
    },
  };
}

/** The same at three seeds, whose losses are a percent apart. */
export function threeSeeds(made: MadeRun): readonly ArchitectureRun[] {
  return [0, 1, 2].map((seed) => madeRun({ ...made, seed, loss: made.loss * (1 + 0.01 * seed) }));
}
