// A coordinator that is given more contributions than it can take, by workers in another process that compute nothing.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { wasmBackend } from '../../backends/index.js';
import { startCoordinator } from '../../coordinator/shell/index.js';
import { buildPlan } from '../../learning/index.js';
import { outputLength } from '../../tensor/index.js';
import { expectedProof } from '../../worker/index.js';
import { giveAnswer, readTask } from '../child-process.js';
import { manyContributionsConfiguration } from '../run-configurations.js';
import { readClock } from '../sampling.js';

/** What to measure, and for how long. */
export interface CoordinatorTask {
  readonly connectionCount: number;
  readonly milliseconds: number;
}

/** What a coordinator managed. */
export interface CoordinatorAnswer {
  readonly payloadBytes: number;
  readonly contributionsPerSecond: number;
  /** Every step also costs an update, and its parameters go to every worker. */
  readonly contributionsPerStep: number;
  readonly processorMicrosecondsPerContribution: number;
}

const warmUpMilliseconds = 1000;

async function measure({ connectionCount, milliseconds }: CoordinatorTask): Promise<CoordinatorAnswer> {
  const config = manyContributionsConfiguration();
  const plan = buildPlan(config);
  const folder = mkdtempSync(path.join(tmpdir(), 'starling-benchmark-'));
  const options = { config, plan, backend: wasmBackend, proof: expectedProof, folder: path.join(folder, 'run') };
  const coordinator = await startCoordinator({ ...options, software: 'benchmark' });
  const load = fork(fileURLToPath(new URL('./coordinator-load.js', import.meta.url)), [
    coordinator.address,
    String(connectionCount),
  ]);
  try {
    await once(load, 'message');
    await pause(warmUpMilliseconds);
    const begin = await readProgress(coordinator.address);
    await pause(milliseconds);
    const end = await readProgress(coordinator.address);
    const count = end.contributions - begin.contributions;
    return {
      payloadBytes: 4 * outputLength(plan.trainProgram),
      contributionsPerSecond: (1000 * count) / (end.wall - begin.wall),
      contributionsPerStep: count / Math.max(1, end.step - begin.step),
      processorMicrosecondsPerContribution: (1000 * (end.processor - begin.processor)) / count,
    };
  } finally {
    load.kill('SIGKILL');
    await coordinator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

interface Progress {
  readonly step: number;
  readonly contributions: number;
  readonly processor: number;
  readonly wall: number;
}

/** Steps and contributions committed so far, as the coordinator's own status tells, and the clocks. */
async function readProgress(address: string): Promise<Progress> {
  const url = new URL('/status', address.replace(/^ws/, 'http'));
  const status = (await (await fetch(url)).json()) as {
    readonly step: number;
    readonly workers: readonly { readonly committedNodes: number }[];
  };
  const contributions = status.workers.reduce((sum, { committedNodes }) => sum + committedNodes, 0);
  return { step: status.step, contributions, processor: readClock('processor'), wall: readClock('wall') };
}

giveAnswer(await measure(readTask() as CoordinatorTask));
