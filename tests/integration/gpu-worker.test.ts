// Workers on a GPU in real processes: beside WASM, killed amid a lease, refused, absent. Every run ends with the serial bits.

import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { parseRunConfig, type RunConfig } from '../../learning/index.js';
import type * as NodeWorker from '../../node-worker/index.js';
import { killAll, repository, startIn, until, type RunningCommand } from './command.js';
import { configurationOf, serialDigest, temporaryFolder, writeConfiguration } from './configurations.js';
import { defaultDriver, deviceEnvironment, findLocalDevice } from './local-device.js';
import { serve, statusOf, type ServedRun } from './served-run.js';

interface Result {
  readonly outcome: string;
  readonly steps: number;
  readonly parametersSha256: string;
  readonly reissuedLeases: number;
  readonly contributionsByWorker: Readonly<Record<string, { readonly committedNodes: number }>>;
}

const { missing } = await findLocalDevice();
const onGpu = { command: deviceEnvironment() };
/** A Vulkan loader that finds no driver. */
const withoutGpu = { command: ['env', 'VK_ICD_FILENAMES=nowhere.json', 'VK_DRIVER_FILES=nowhere.json'] };

afterEach(killAll);

function serveRun(config: RunConfig): Promise<ServedRun> {
  const folder = temporaryFolder();
  return serve(['coordinator', writeConfiguration(folder, config), '--port', '0', '--out', `${folder}/run`, '--json']);
}

/** What the run came to; it has to be right. */
async function resultOf({ command }: ServedRun, config: RunConfig): Promise<Result> {
  const { stdout, stderr, exitCode } = await command.finished;
  expect(exitCode, stderr).toBe(0);
  const result = JSON.parse(stdout) as Result;
  expect(result).toMatchObject({ outcome: 'completed', parametersSha256: serialDigest(config, wasmBackend) });
  return result;
}

/** Ends a run that has no end of its own, and tells what it came to; it has to be right as far as it went. */
async function interrupt({ command }: ServedRun, config: RunConfig): Promise<Result> {
  command.process.kill('SIGINT');
  const { stdout, stderr, exitCode } = await command.finished;
  expect(exitCode, stderr).toBe(4);
  const result = JSON.parse(stdout) as Result;
  const parametersSha256 = serialDigest(config, wasmBackend, result.steps);
  expect(result).toMatchObject({ outcome: 'stopped', parametersSha256 });
  return result;
}

function startWorker(run: ServedRun, device: string, surroundings = onGpu): RunningCommand {
  const name = device.replace(/\W/g, '-');
  return startIn(surroundings, ['worker', run.address, '--device', device, '--threads', '1', '--name', name]);
}

const workerOf = async (run: ServedRun, name: string) =>
  (await statusOf(run.address))?.workers.find((worker) => worker.name === name);

async function untilNodes(run: ServedRun, name: string, count: number): Promise<void> {
  await until(`${name} has contributed ${count} tree nodes`, async () =>
    ((await workerOf(run, name))?.committedNodes ?? 0) >= count ? true : undefined,
  );
}

async function untilLease(run: ServedRun, name: string): Promise<void> {
  await until(`${name} holds a lease`, async () => (((await workerOf(run, name))?.leaseCount ?? 0) > 0 ? true : undefined));
}

const untilSaid = (worker: RunningCommand, text: string): Promise<true> =>
  until(`a worker says ${text}`, () => (worker.stderr().includes(text) ? true : undefined));

/** The process that holds the GPU of a worker. */
function gpuProcessOf(worker: RunningCommand): number {
  return Number(execFileSync('pgrep', ['-P', String(worker.process.pid), '-f', 'device-process'], { encoding: 'utf8' }).trim());
}

// Without a device the contract's own test says what is missing.
describe.skipIf(missing !== undefined)('a worker on a GPU', () => {
  it('and one on WASM train the same run to the serial bits', async () => {
    const config = configurationOf('gated-rnn', { steps: 400, microbatches: 13, microbatchSize: 16 });
    const run = await serveRun(config);
    // Only one of them is awake until both have contributed, so the run cannot be over before.
    const gpu = startWorker(run, 'webgpu');
    await untilNodes(run, 'webgpu', 20);
    gpu.process.kill('SIGSTOP');
    const wasm = startWorker(run, 'wasm');
    await untilNodes(run, 'wasm', 20);
    gpu.process.kill('SIGCONT');
    const { contributionsByWorker } = await resultOf(run, config);
    for (const name of ['webgpu', 'wasm']) {
      expect(contributionsByWorker[name]?.committedNodes, name).toBeGreaterThanOrEqual(20);
    }
    expect(gpu.stderr()).toMatch(/GPU: .+/);
    for (const worker of [gpu, wasm]) expect((await worker.finished).exitCode).toBe(0);
  });

  it('whose process is killed amid a lease gives it back and goes on with a new one that was proved', async () => {
    const config = configurationOf('gated-rnn', { steps: 1_000_000, microbatches: 13, microbatchSize: 16 });
    const run = await serveRun(config);
    const worker = startWorker(run, 'webgpu');
    await untilNodes(run, 'webgpu', 5);
    await untilLease(run, 'webgpu');
    const killed = gpuProcessOf(worker);
    process.kill(killed, 'SIGKILL');
    await untilSaid(worker, 'its process has ended with signal SIGKILL');
    await untilSaid(worker, 'The device was opened again, and its proof has the same class as before');
    const before = (await workerOf(run, 'webgpu'))?.committedNodes ?? 0;
    await untilNodes(run, 'webgpu', before + 5);
    expect(gpuProcessOf(worker)).not.toBe(killed);
    expect((await interrupt(run, config)).reissuedLeases).toBeGreaterThan(0);
    expect((await worker.finished).exitCode).toBe(0);
  });

  it('goes on with WASM and says so where a program does not fit the GPU', async () => {
    // Every state of 32 neurons at 2,000 tokens takes half a gigabyte for 2,048 sequences; WASM computes eight of them at a time.
    const small = configurationOf('gated-rnn', { steps: 1, microbatches: 1, microbatchSize: 2048 });
    const task = { ...small.task, contextLength: 2000 };
    const model = { name: 'gated-rnn', hidden: 32 };
    const config = parseRunConfig({ ...small, task, model, evaluation: { sequences: 8 } });
    const run = await serveRun(config);
    const worker = startWorker(run, 'webgpu');
    await resultOf(run, config);
    expect(worker.stderr()).toMatch(
      /Going on with WASM in place of the GPU: Cannot run program on this GPU: \d+ bytes of body memory found, .* \[program-rejected\]/,
    );
    expect((await worker.finished).exitCode).toBe(0);
  });

  it('and one on the processor work together where both are asked for', async () => {
    const config = configurationOf('linear-attention', { steps: 1_000_000, microbatches: 13, microbatchSize: 64 });
    const run = await serveRun(config);
    const both = startWorker(run, 'webgpu+wasm');
    await untilNodes(run, 'webgpu-wasm-cpu', 5);
    // On SwiftShader it may never be the first with a result.
    await untilLease(run, 'webgpu-wasm-gpu');
    await interrupt(run, config);
    expect((await both.finished).exitCode).toBe(0);
  });

  it('leaves with the one on the processor when the run is over before it was ready', async () => {
    const config = configurationOf('gated-rnn', { steps: 20, microbatches: 4, microbatchSize: 16 });
    const run = await serveRun(config);
    const both = startWorker(run, 'webgpu+wasm');
    await resultOf(run, config);
    const { exitCode, stderr } = await both.finished;
    expect(stderr).toContain('The run is over: completed');
    // It does not knock at a door behind which nobody is any more.
    expect(stderr.match(/next attempt/g)?.length ?? 0).toBeLessThan(3);
    expect(exitCode).toBe(0);
  });

  it('finishes the lease at hand when it is interrupted, and leaves no process behind', async () => {
    const config = configurationOf('gated-rnn', { steps: 3000, microbatches: 8, microbatchSize: 16 });
    const run = await serveRun(config);
    const worker = startWorker(run, 'webgpu');
    await untilNodes(run, 'webgpu', 3);
    const gpu = gpuProcessOf(worker);
    // As a terminal does: to the worker and to the process of its GPU.
    process.kill(gpu, 'SIGINT');
    worker.process.kill('SIGINT');
    const { exitCode, stderr } = await worker.finished;
    expect(stderr).toContain('Left the run.');
    expect(stderr).not.toContain('The device is given up');
    expect(exitCode).toBe(0);
    await until('the process of the GPU has ended', () => (isRunning(gpu) ? undefined : true));
  });

  it('of a train command on a GPU ends with the serial bits', async () => {
    const config = configurationOf('softmax-attention', { steps: 20, microbatches: 4, microbatchSize: 16 });
    const folder = temporaryFolder();
    const args = ['train', writeConfiguration(folder, config), '--device', 'webgpu', '--out', `${folder}/run`, '--json'];
    const command = startIn(onGpu, args);
    const { stdout, stderr } = await command.finished;
    const { parametersSha256, contributionsByWorker } = JSON.parse(stdout) as Result;
    expect(parametersSha256).toBe(serialDigest(config, wasmBackend));
    expect(Object.keys(contributionsByWorker)).toEqual(['local']);
    // As it would be told, were it not the GPU that computed.
    expect(stderr).not.toContain('Going on with');
  });

  it('is not chosen by --device auto where it is only software on the processor', async () => {
    const config = configurationOf('gated-rnn', { steps: 20, microbatches: 4, microbatchSize: 16 });
    const run = await serveRun(config);
    const worker = startWorker(run, 'auto');
    await resultOf(run, config);
    const isSoftware = worker.stderr().includes('(software, on the processor)');
    if (isSoftware)
      expect(worker.stderr()).toMatch(/Going on with WASM in place of the GPU: Cannot use the GPU: .+, one in hardware wanted/);
    else expect(worker.stderr()).toMatch(/GPU: .+/);
    expect((await worker.finished).exitCode).toBe(0);
  });

  it('that the coordinator refuses for its arithmetic goes on with WASM', async () => {
    const config = configurationOf('gated-rnn', { steps: 20, microbatches: 4, microbatchSize: 16 });
    const run = await serveRun(config);
    const face = new URL(`file://${repository}/dist/node-worker/index.js`).href;
    const { startNodeWorker } = (await import(face)) as typeof NodeWorker;
    const said: string[] = [];
    const driver = defaultDriver();
    const worker = startNodeWorker({
      ...{ url: run.address, device: 'webgpu', threadCount: 1, name: 'inexact', software: 'test' },
      gpuProcess: { webGpu: { fault: 'contraction' }, ...(driver === undefined ? {} : { vulkanDriver: driver }) },
      onFallback: (text) => said.push(text),
    });
    await resultOf(run, config);
    expect(await worker.done).toMatchObject({ type: 'finished' });
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^Going on with WASM in place of the GPU: .+ \[proof-failed\]$/);
  });
});

describe('a worker that finds no GPU', () => {
  it.each(['webgpu', 'auto', 'webgpu+wasm'])('goes on with WASM and says why: --device %s', async (device) => {
    const config = configurationOf('gated-rnn', { steps: 20, microbatches: 4, microbatchSize: 16 });
    const run = await serveRun(config);
    const worker = startWorker(run, device, withoutGpu);
    await resultOf(run, config);
    const { exitCode, stderr } = await worker.finished;
    expect(stderr).toMatch(/Going on with WASM .*: Cannot open a GPU: no (adapter|package "webgpu") found.*, one wanted/);
    expect(exitCode).toBe(0);
  });

  it('says so under a train command that is quiet, too', async () => {
    const config = configurationOf('gated-rnn', { steps: 20, microbatches: 4, microbatchSize: 16 });
    const folder = temporaryFolder();
    const args = [
      'train',
      writeConfiguration(folder, config),
      '--device',
      'webgpu',
      '--out',
      `${folder}/run`,
      '--json',
      '--quiet',
    ];
    const { stdout, stderr } = await startIn(withoutGpu, args).finished;
    expect((JSON.parse(stdout) as Result).parametersSha256).toBe(serialDigest(config, wasmBackend));
    expect(stderr).toContain('Going on with WASM in place of the GPU: Cannot open a GPU');
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
