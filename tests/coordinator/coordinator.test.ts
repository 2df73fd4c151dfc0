// The whole coordinator over real WebSockets, with workers that follow a script.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chainStart, linkTrajectory, type TrajectoryEntry } from '../../coordinator/index.js';
import { startCoordinator, type RunningCoordinator } from '../../coordinator/shell/index.js';
import { decodeSafetensors } from '../../coordinator/store/index.js';
import { trainSerially } from '../../learning/index.js';
import { encodeFrame } from '../../protocol/index.js';
import { interpreter } from '../../tensor/index.js';
import { startScriptedWorker } from './scripted-worker.js';
import { smallConfig, smallRun } from './small-run.js';
import { nonFiniteAnswerTo, sha256 } from './toy-run.js';

async function linesOf(folder: string, name: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(folder, name), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('startCoordinator() ends with the bits of the serial trainer and keeps everything when two workers share the run', async () => {
  const options = await smallRun();
  const coordinator = await startCoordinator(options);
  const workers = [await startScriptedWorker(coordinator.address, 'one'), await startScriptedWorker(coordinator.address, 'two')];
  const result = await coordinator.done;

  const serial = [...trainSerially(options.plan, interpreter, sha256)];
  expect(result).toMatchObject({ outcome: 'completed', steps: 6, parametersSha256: serial.at(-1)?.parametersSha256 });
  expect(result.trainLoss).toBe(serial.at(-1)?.loss);
  expect(result.evaluations.map(({ step }) => step)).toEqual([0, 3, 6]);
  expect(Object.keys(result.contributionsByWorker).toSorted()).toEqual(['one', 'two']);
  for (const worker of workers) {
    expect((await worker.closed).code).toBe('normal');
    expect(worker.messages.at(-1)).toMatchObject({
      type: 'finish',
      reason: 'completed',
      parametersSha256: result.parametersSha256,
    });
  }

  const trajectory = (await linesOf(options.folder, 'trajectory.jsonl')) as unknown as TrajectoryEntry[];
  expect(trajectory.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(trajectory.slice(1).map(({ parametersSha256 }) => parametersSha256)).toEqual(
    serial.map((step) => step.parametersSha256),
  );
  let chain = chainStart;
  for (const link of trajectory) {
    expect(link).toEqual(linkTrajectory(chain, link, (text) => sha256(Buffer.from(text))));
    ({ chain } = link);
  }

  const contributions = await linesOf(options.folder, 'contributions.jsonl');
  const lastStep = contributions.filter(({ kind, step }) => kind === 'train' && step === 5);
  const nodes = lastStep.flatMap((job) => job['nodes'] as { readonly begin: number; readonly end: number }[]);
  expect(nodes.reduce((sum, { begin, end }) => sum + end - begin, 0)).toBe(5);
  const metrics = await linesOf(options.folder, 'metrics.jsonl');
  expect(metrics.filter(({ type }) => type === 'step').map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(metrics.at(-1)).toMatchObject({ type: 'evaluation', step: 6, summary: { sequences: 24 } });

  expect((await readdir(join(options.folder, 'checkpoints'))).toSorted()).toEqual(['step-4.safetensors', 'step-6.safetensors']);
  const { metadata, tensors } = decodeSafetensors(await readFile(join(options.folder, 'checkpoints', 'step-6.safetensors')));
  expect(metadata).toMatchObject({
    step: '6',
    run: result.run,
    parametersSha256: result.parametersSha256,
    trajectoryChain: chain,
  });
  const parameters = tensors.filter(({ name }) => name.startsWith('parameter/')).flatMap(({ values }) => [...values]);
  const state = tensors.filter(({ name }) => name.startsWith('state/')).flatMap(({ values }) => [...values]);
  expect(parameters).toEqual([...(serial.at(-1)?.state.parameters ?? [])]);
  expect(state).toEqual([...(serial.at(-1)?.state.optimizerState ?? [])]);

  const run = JSON.parse(await readFile(join(options.folder, 'run.json'), 'utf8')) as { programs: Record<string, string> };
  for (const digest of Object.values(run.programs)) {
    expect(sha256(await readFile(join(options.folder, 'programs', `${digest}.json`)))).toBe(digest);
  }
  expect(JSON.parse(await readFile(join(options.folder, 'result.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(result)));
});

test('startCoordinator() keeps the run going and its bits when a worker leaves with its leases', async () => {
  const options = await smallRun();
  const coordinator = await startCoordinator(options);
  const thief = await startScriptedWorker(coordinator.address, 'thief', { answer: () => undefined });
  thief.connection.close('normal', 'gone');
  await thief.closed;
  await startScriptedWorker(coordinator.address, 'honest');
  const result = await coordinator.done;
  expect(result.reissuedLeases).toBeGreaterThan(0);
  expect(result.parametersSha256).toBe([...trainSerially(options.plan, interpreter, sha256)].at(-1)?.parametersSha256);
});

test('startCoordinator() refuses wrong workers with a code and goes on when others are honest', async () => {
  const options = await smallRun();
  const coordinator = await startCoordinator(options);
  const closedWith = async (name: string, script: Parameters<typeof startScriptedWorker>[2]) => {
    const worker = await startScriptedWorker(coordinator.address, name, script);
    return (await worker.closed).code;
  };
  expect(await closedWith('old', { hello: { protocolVersion: 0 } })).toBe('protocol-version');
  expect(await closedWith('other', { hello: { contractVersion: 99 } })).toBe('contract-version');
  expect(await closedWith('fused', { hello: { profile: 'fused' } })).toBe('numerics-profile');
  const proof = { conformance: '0'.repeat(64), microbatch: '0'.repeat(64) };
  expect(await closedWith('inexact', { hello: { proof } })).toBe('proof-failed');
  expect(await closedWith('short', { answer: (_lease, honest) => ({ ...honest(), payload: Float32Array.of(1) }) })).toBe(
    'payload-length',
  );
  const wrong = (change: object) => ({
    answer: (_lease: unknown, honest: () => { message: object; payload: Float32Array }) => {
      const { message, payload } = honest();
      return { message: { ...message, ...change } as never, payload };
    },
  });
  expect(await closedWith('digest', wrong({ payloadSha256: '0'.repeat(64) }))).toBe('payload-digest');
  expect(await closedWith('stale', wrong({ parametersSha256: '0'.repeat(64) }))).toBe('contribution-mismatch');
  expect(await closedWith('future', wrong({ jobId: 77 }))).toBe('contribution-mismatch');
  expect(await closedWith('forger', wrong({ leaseId: 1_000_000 }))).toBe('contribution-mismatch');
  const noisy = await startScriptedWorker(coordinator.address, 'noisy');
  noisy.connection.send(Uint8Array.of(255, 255, 0, 0, 1));
  expect((await noisy.closed).code).toBe('malformed-frame');
  await startScriptedWorker(coordinator.address, 'honest');
  const result = await coordinator.done;
  expect(result.parametersSha256).toBe([...trainSerially(options.plan, interpreter, sha256)].at(-1)?.parametersSha256);
});

test('startCoordinator() ends as diverged and keeps the last good checkpoint when two workers find no finite sum', async () => {
  const options = await smallRun({ config: smallConfig({ checkpointEvery: 1000 }) });
  const coordinator = await startCoordinator(options);
  const answer = (lease: Parameters<typeof nonFiniteAnswerTo>[0], honest: () => never) =>
    lease.kind === 'train' && lease.step === 2 ? { message: nonFiniteAnswerTo(lease) } : honest();
  await startScriptedWorker(coordinator.address, 'one', { answer: answer as never });
  await startScriptedWorker(coordinator.address, 'two', { answer: answer as never });
  const result = await coordinator.done;
  expect(result).toMatchObject({ outcome: 'diverged', divergedAtStep: 2, steps: 2 });
  expect(await readdir(join(options.folder, 'checkpoints'))).toEqual(['step-2.safetensors']);
});

test('startCoordinator() writes a checkpoint and tells its workers when it is stopped', async () => {
  const options = await smallRun();
  const coordinator = await startCoordinator(options);
  const worker = await startScriptedWorker(coordinator.address, 'idle', { answer: () => undefined });
  const result = await coordinator.stop(0);
  expect(result).toMatchObject({ outcome: 'stopped', steps: 0 });
  expect(worker.messages.at(-1)).toMatchObject({ type: 'finish', reason: 'stopped' });
  expect(await readdir(join(options.folder, 'checkpoints'))).toEqual(['step-0.safetensors']);
});

async function withRun(body: (coordinator: RunningCoordinator, folder: string) => Promise<void>): Promise<void> {
  const options = await smallRun();
  const coordinator = await startCoordinator(options);
  try {
    await body(coordinator, options.folder);
  } finally {
    await coordinator.stop(0);
  }
}

test('startCoordinator() throws a RunError with its code when port or folder are taken', () =>
  withRun(async (coordinator, folder) => {
    const port = Number(new URL(coordinator.address).port);
    const second = await smallRun({ port });
    await expect(startCoordinator(second)).rejects.toMatchObject({ code: 'port-busy' });
    // The folder of the attempt is untouched, so that the next one can take it.
    await (await startCoordinator({ ...second, port: 0 })).stop();
    await expect(startCoordinator(await smallRun({ folder }))).rejects.toMatchObject({ code: 'run-locked' });
    await expect(startCoordinator(await smallRun({ folder: second.folder }))).rejects.toMatchObject({ code: 'run-exists' });
    await expect(startCoordinator(await smallRun({ folder: join(folder, 'run.json') }))).rejects.toMatchObject({
      code: 'run-unwritable',
    });
    await expect(startCoordinator(await smallRun({ host: '192.0.2.1' }))).rejects.toMatchObject({ code: 'address-unavailable' });
  }));

test('the pages show health and status, and refuse foreign hosts and other methods', () =>
  withRun(async (coordinator) => {
    const base = coordinator.address.replace('ws:', 'http:');
    const worker = await startScriptedWorker(coordinator.address, 'shown', { answer: () => undefined });
    expect(await (await fetch(`${base}healthz`)).text()).toBe('ok\n');
    await expect
      .poll(async () => await (await fetch(`${base}status`)).json())
      .toMatchObject({
        run: coordinator.run,
        name: 'small/run',
        step: 0,
        stepCount: 6,
        workers: [{ name: 'shown', leaseCount: 1 }],
      });
    expect(await (await fetch(base)).text()).toContain('browser tab: /volunteer/');
    expect((await fetch(`${base}nothing`)).status).toBe(404);
    expect((await fetch(`${base}status`, { method: 'DELETE' })).status).toBe(405);
    worker.connection.send(encodeFrame({ type: 'goodbye' }));
    expect((await worker.closed).code).toBe('normal');
  }));

test('a run that wants a token admits only who says it', async () => {
  const coordinator = await startCoordinator(await smallRun({ token: 'open-sesame' }));
  const closedWith = async (token: Partial<{ token: string }>) =>
    (await (await startScriptedWorker(coordinator.address, 'stranger', { hello: token })).closed).code;
  expect(await closedWith({})).toBe('unauthorized');
  expect(await closedWith({ token: 'open-barley' })).toBe('unauthorized');
  await startScriptedWorker(coordinator.address, 'friend', { hello: { token: 'open-sesame' } });
  expect((await coordinator.done).outcome).toBe('completed');
});
