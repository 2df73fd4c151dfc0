// A run that admits tolerant workers says that its bits depend on who helped, goes on after an interruption, and cannot be confirmed.

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCoordinator, type CoordinatorOptions } from '../../coordinator/shell/index.js';
import type { LoggedJob } from '../../coordinator/store/index.js';
import { bytesOfFloats, type Hello, type Lease } from '../../protocol/index.js';
import { linesOf } from '../coordinator/run-files.js';
import { startScriptedWorker, type Answer } from '../coordinator/scripted-worker.js';
import { smallConfig, smallRun } from '../coordinator/small-run.js';
import { sha256 } from '../coordinator/toy-run.js';
import { run, runJson, until } from './command.js';

const hello: Partial<Hello> = {
  ...{ kind: 'node', backend: 'webgpu', arithmetic: 'tolerant' },
  proof: { conformance: '7'.repeat(64), microbatch: '8'.repeat(64) },
};

async function tolerantRun(steps = 8): Promise<CoordinatorOptions> {
  const config = smallConfig({ steps, checkpointEvery: 3, keepCheckpoints: 10 });
  return smallRun({ config: { ...config, coordination: { ...config.coordination, admit: 'tolerant' } } });
}

/** Sums in whose last bits an unlike device shows, from a step on. */
const unlike =
  (salt: number, from = 0): Answer =>
  ({ kind, step }: Lease, honest) => {
    const { message, payload } = honest();
    if (kind !== 'train' || step < from) return { message, payload };
    const told = payload.map((value) => value * (1 + salt * 2 ** -22));
    return { message: { ...message, payloadSha256: sha256(bytesOfFloats(told)) }, payload: told };
  };

test('a tolerant worker is refused where exact ones are wanted, and told so', async () => {
  const coordinator = await startCoordinator(await smallRun());
  const worker = await startScriptedWorker(coordinator.address, 'gpu', { hello });
  expect(await worker.closed).toMatchObject({
    code: 'proof-failed',
    reason: expect.stringContaining('exact workers only') as unknown,
  });
  await coordinator.stop(0);
});

test('a run with a tolerant worker records who it was, and verify says that it cannot be confirmed', async () => {
  const options = await tolerantRun();
  const coordinator = await startCoordinator(options);
  await startScriptedWorker(coordinator.address, 'gpu', { hello, answer: unlike(1) });
  const result = await coordinator.done;
  const nodes = linesOf(options.folder, 'contributions.jsonl').flatMap((job) => (job as unknown as LoggedJob).nodes);
  expect(nodes.every(({ arithmetic }) => arithmetic === 'tolerant')).toBe(true);
  expect(result).toMatchObject({ admittedTolerant: true, tolerantNodes: nodes.length });
  expect(result.contributionsByWorker['gpu']).toMatchObject({ arithmetic: 'tolerant', tolerantNodes: nodes.length });
  expect(JSON.parse(readFileSync(join(options.folder, 'result.json'), 'utf8'))).toMatchObject({ admittedTolerant: true });

  const { exitCode, stderr } = await run(['verify', options.folder]);
  expect([exitCode, stderr]).toEqual([
    2,
    expect.stringMatching(/tolerant workers in steps 0 to 8 found.*who helped.*\[run-tolerant\]/),
  ]);
});

test('steps before the first tolerant contribution are verified like any others', async () => {
  const options = await tolerantRun();
  const coordinator = await startCoordinator(options);
  const until4: Answer = (lease, honest) => (lease.kind === 'train' && lease.step >= 4 ? undefined : honest());
  const exact = await startScriptedWorker(coordinator.address, 'exact', { answer: until4 });
  await until('step 4', () =>
    exact.messages.some((message) => message.type === 'lease' && message.step === 4) ? true : undefined,
  );
  await startScriptedWorker(coordinator.address, 'gpu', { hello, answer: unlike(1) });
  exact.connection.close('normal', 'enough');
  await coordinator.done;
  const { stderr } = await run(['verify', options.folder]);
  expect(stderr).toContain('those before can be verified: --steps 0..4');
  expect(await runJson(['verify', options.folder, '--steps', '0..4'])).toMatchObject({ verdict: 'confirmed', verifiedSteps: 4 });
});

test('a run with tolerant workers is continued with other bits than before, from its newest checkpoint', async () => {
  const options = await tolerantRun(12);
  const first = await startCoordinator(options);
  const silent: Answer = (lease, honest) => (lease.kind === 'train' && lease.step >= 5 ? undefined : unlike(1)(lease, honest));
  const worker = await startScriptedWorker(first.address, 'gpu', { hello, answer: silent });
  await until('step 5', () =>
    worker.messages.some((message) => message.type === 'lease' && message.step === 5) ? true : undefined,
  );
  const { run: name } = await first.stop(0);
  // As a crash leaves it: the checkpoint of step 5 never came to be.
  rmSync(join(options.folder, 'checkpoints', 'step-5.safetensors'));
  expect(existsSync(join(options.folder, 'checkpoints', 'step-3.safetensors'))).toBe(true);
  const before = linesOf(options.folder, 'trajectory.jsonl');

  const second = await startCoordinator({ ...options, resume: { run: name } });
  await startScriptedWorker(second.address, 'another', { hello, answer: unlike(3) });
  const result = await second.done;
  expect(result).toMatchObject({ outcome: 'completed', steps: 12, continuedFromStep: 3 });
  const after = linesOf(options.folder, 'trajectory.jsonl');
  expect(after.map(({ step }) => step)).toEqual(Array.from({ length: 13 }, (_, step) => step));
  expect(after.slice(0, 4)).toEqual(before.slice(0, 4));
  expect(after[5]).not.toEqual(before[5]);
});
