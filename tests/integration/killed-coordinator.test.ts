// A coordinator that is killed ten times: its workers come back by themselves, nothing is recorded twice or missing, no more is computed
// again than what lies behind the newest checkpoint, and the bits are those of a run that nothing has happened to.

import { afterEach, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { chanceFrom } from './chance.js';
import { killAll } from './command.js';
import { configurationOf, serialDigest, temporaryFolder } from './configurations.js';
import { killCoordinator, repeatedIntervals } from './coordinator-kills.js';
import { recordedSteps, stepsFrom } from '../coordinator/run-files.js';

afterEach(killAll);

const steps = 2000;
const checkpointEvery = 40;
const killCount = 10;

it('a run whose coordinator is killed ten times continues within five seconds and ends with the serial bits', async ({
  annotate,
}) => {
  const portions = { steps, microbatches: 5, microbatchSize: 64 };
  const config = configurationOf('gated-rnn', portions, { checkpointEvery });
  const plan = { config, folder: temporaryFolder(), killCount, workerCount: 2, chance: chanceFrom(11) };
  const survived = await killCoordinator(plan);

  const repeated = survived.kills.map(({ step, firstStep }) => step - firstStep);
  const slowest = Math.max(...survived.kills.map(({ continuedMilliseconds }) => continuedMilliseconds));
  await annotate(`slowest continuation ${slowest.toFixed(0)} ms, steps repeated ${repeated.join(' ')}`);

  expect(survived).toMatchObject({ exitCode: 0, outcome: 'completed', workerExitCodes: [0, 0] });
  expect(survived.parametersSha256).toBe(serialDigest(config, wasmBackend));
  expect(recordedSteps(survived.run)).toEqual({
    contributions: stepsFrom(1, steps),
    trajectory: stepsFrom(0, steps),
    metrics: stepsFrom(1, steps),
  });
  // Every coordinator went on at the newest checkpoint on the disk; where that is slow, others were on their way.
  expect(survived.kills.map(({ firstStep }) => firstStep)).toEqual(survived.kills.map((kill) => kill.checkpointStep));
  expect(Math.max(...repeated)).toBeLessThanOrEqual(repeatedIntervals * checkpointEvery);
  expect(slowest).toBeLessThan(5000);
  // A coordinator may be killed before both workers have found it.
  expect(survived.joinCounts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(killCount);
});
