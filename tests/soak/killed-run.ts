// Part two: a run whose coordinator is killed again and again, beside one that nothing happens to.

import { rmSync } from 'node:fs';
import { wasmBackend } from '../../backends/index.js';
import { recordedSteps, stepsFrom } from '../coordinator/run-files.js';
import { chanceFrom } from '../integration/chance.js';
import { configurationOf, serialDigest, temporaryFolder } from '../integration/configurations.js';
import { killCoordinator, type Kill } from '../integration/coordinator-kills.js';
import { killVerdicts, type Verdict } from './verdicts.js';

/** What part two shows. */
export interface KilledRun {
  readonly steps: number;
  readonly kills: readonly Kill[];
  readonly verdicts: readonly Verdict[];
}

const stepsPerKill = 150;
const checkpointEvery = 40;

/** Kills so many times. */
export async function runUnderKills(killCount: number, seed: number, say: (text: string) => void): Promise<KilledRun> {
  const steps = stepsPerKill * (killCount + 1);
  const folder = temporaryFolder();
  const config = configurationOf('gated-rnn', { steps, microbatches: 5, microbatchSize: 64 }, { checkpointEvery });
  const survived = await killCoordinator({
    ...{ config, folder, killCount, workerCount: 2, chance: chanceFrom(seed) },
    onKill: ({ step, firstStep, continuedMilliseconds }, index) => {
      if (index % 10 === 0 || killCount <= 10) {
        say(`kill ${index} at step ${step}: continued from ${firstStep} after ${continuedMilliseconds.toFixed(0)} ms`);
      }
    },
  });
  const wanted = { contributions: stepsFrom(1, steps), trajectory: stepsFrom(0, steps), metrics: stepsFrom(1, steps) };
  const areLogsWhole = JSON.stringify(recordedSteps(survived.run)) === JSON.stringify(wanted);
  const digest = serialDigest(config, wasmBackend);
  rmSync(folder, { recursive: true });
  return { steps, kills: survived.kills, verdicts: killVerdicts(survived, { digest, areLogsWhole, checkpointEvery }) };
}
