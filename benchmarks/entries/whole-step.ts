// A step of the real thing (coordinator and worker processes, a socket, the run's folder) against its kernels on as many threads.

import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPlan, type RunConfig } from '../../learning/index.js';
import { ComputePool } from '../../node-worker/index.js';
import { bytesOfFloats } from '../../protocol/index.js';
import { canonicalBytes } from '../../tensor/index.js';
import { giveAnswer, readTask } from '../child-process.js';
import { wholeStepConfiguration } from '../run-configurations.js';
import { sampleStep } from '../sampling.js';
import { stepTimeOf } from '../step-time.js';

/** What to measure. */
export interface WholeStepTask {
  readonly threadCount: number;
  readonly stepCount: number;
  readonly kernelMilliseconds: number;
}

/** Milliseconds of a step and of its kernels, both from the fastest window of several steps. */
export interface WholeStepAnswer {
  readonly stepMilliseconds: number;
  readonly kernelMilliseconds: number;
  /** Steps that the run committed together. */
  readonly stepsAtOnce: number;
}

const windowSteps = 16;

async function measure({ threadCount, stepCount, kernelMilliseconds }: WholeStepTask): Promise<WholeStepAnswer> {
  const config = wholeStepConfiguration(stepCount);
  const before = await measureKernels(config, threadCount, kernelMilliseconds / 2);
  const metrics = await recordsOfRun(config, threadCount);
  const after = await measureKernels(config, threadCount, kernelMilliseconds / 2);
  const kernels = Math.min(before, after);
  const { milliseconds, stepsAtOnce } = stepTimeOf(metrics, { windowSteps, apartMilliseconds: kernels / 2 });
  return { stepMilliseconds: milliseconds, kernelMilliseconds: kernels, stepsAtOnce };
}

/** The kernels of a window of steps as one large lease, so that handing work out costs nothing. */
async function measureKernels(config: RunConfig, threadCount: number, milliseconds: number): Promise<number> {
  const plan = buildPlan(config);
  const { trainProgram, parameters, microbatchSize, microbatchCount } = plan;
  const programSha256 = createHash('sha256').update(canonicalBytes(trainProgram)).digest('hex');
  const pool = new ComputePool({ threadCount, backend: 'wasm' });
  pool.loadProgram(programSha256, trainProgram);
  pool.loadParameters(bytesOfFloats(parameters.initial));
  let taskId = 0;
  const lease = async (): Promise<void> => {
    taskId += 1;
    const node = { begin: 0, end: windowSteps * microbatchCount };
    const work = { taskId, programSha256, parametersSha256: '', key: plan.keyFor('train', 0), node, microbatchSize };
    const result = await pool.compute({ ...work, limitMilliseconds: 60_000 });
    if (result.type !== 'computed') throw new Error(`Cannot measure kernels: ${JSON.stringify(result)} found, sums wanted`);
  };
  const { minimumMilliseconds } = await sampleStep(lease, { clock: 'wall', warmUpMilliseconds: 600, milliseconds });
  await pool.close();
  return minimumMilliseconds / windowSteps;
}

/** Runs `starling train`. */
async function recordsOfRun(config: RunConfig, threadCount: number): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'starling-benchmark-'));
  try {
    const file = path.join(folder, 'configuration.yaml');
    writeFileSync(file, JSON.stringify(config));
    const run = path.join(folder, 'run');
    const main = fileURLToPath(new URL('../../command-line/main.js', import.meta.url));
    const args = ['train', file, '--threads', String(threadCount), '--out', run, '--json', '--quiet'];
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`Cannot measure a run: exit code ${code ?? 'unknown'} found, 0 wanted`);
    return readFileSync(path.join(run, 'metrics.jsonl'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

giveAnswer(await measure(readTask() as WholeStepTask));
