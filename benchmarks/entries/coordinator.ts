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
    const begin = {
      contributions: await contributionCount(coordinator.address),
      processor: readClock('processor'),
      wall: readClock('wall'),
    };
    await pause(milliseconds);
    const processor = readClock('processor') - begin.processor;
    const wall = readClock('wall') - begin.wall;
    const count = (await contributionCount(coordinator.address)) - begin.contributions;
    return {
      payloadBytes: 4 * outputLength(plan.trainProgram),
      contributionsPerSecond: (1000 * count) / wall,
      processorMicrosecondsPerContribution: (1000 * processor) / count,
    };
  } finally {
    load.kill('SIGKILL');
    await coordinator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Contributions committed so far, as the coordinator's own status tells. */
async function contributionCount(address: string): Promise<number> {
  const url = new URL('/status', address.replace(/^ws/, 'http'));
  const status = (await (await fetch(url)).json()) as { readonly workers: readonly { readonly committedNodes: number }[] };
  return status.workers.reduce((sum, { committedNodes }) => sum + committedNodes, 0);
}

giveAnswer(await measure(readTask() as CoordinatorTask));
