// Results that are of no use, over real sockets: twice, late, of another step, of another model; and workers that come when all is over.

import { expect, test } from 'vitest';
import { startCoordinator, type CoordinatorOptions, type RunResult } from '../../coordinator/shell/index.js';
import { buildPlan, parseRunConfig, trainSerially } from '../../learning/index.js';
import { bytesOfFloats, encodeFrame, type Contribution } from '../../protocol/index.js';
import { interpreter, outputLength } from '../../tensor/index.js';
import { startScriptedWorker, type Answer } from './scripted-worker.js';
import { smallConfig, smallRun } from './small-run.js';
import { sha256 } from './toy-run.js';

function expectSerialBits({ plan }: CoordinatorOptions, { parametersSha256 }: RunResult): void {
  expect(parametersSha256).toBe([...trainSerially(plan, interpreter, sha256)].at(-1)?.parametersSha256);
}

test('results that come twice, late, or for a step that is over are dropped and counted', async () => {
  const options = await smallRun();
  const coordinator = await startCoordinator(options);
  const sent: { readonly message: Contribution; readonly payload: Float32Array }[] = [];
  const answer: Answer = (_lease, honest) => {
    const given = honest();
    // Everything that was ever sent is sent again, the newest of them before its time.
    for (const { message, payload } of [...sent, given]) worker.connection.send(encodeFrame(message, payload));
    sent.push(given);
    return given;
  };
  const worker = await startScriptedWorker(coordinator.address, 'parrot', { answer });
  const result = await coordinator.done;
  expectSerialBits(options, result);
  expect(result.droppedContributions).toBeGreaterThanOrEqual(sent.length);
  expect((await worker.closed).code).toBe('normal');
});

test('results of another model are refused, and the run keeps its bits', async () => {
  const options = await smallRun();
  const coordinator = await startCoordinator(options);
  const config = smallConfig();
  const other = buildPlan(parseRunConfig({ ...config, task: { ...config.task, inputDimension: 3 } }));
  const length = outputLength(other.trainProgram);
  expect(length).not.toBe(outputLength(options.plan.trainProgram));

  const payload = new Float32Array(length).fill(0.5);
  const another: Answer = (_lease, honest) => {
    const payloadSha256 = sha256(bytesOfFloats(payload));
    return { message: { ...honest().message, payloadSha256 }, payload };
  };
  const larger = await startScriptedWorker(coordinator.address, 'larger', { answer: another });
  expect((await larger.closed).code).toBe('payload-length');

  // Of the right length, but with the parameters of another model.
  const parametersSha256 = sha256(bytesOfFloats(other.parameters.initial));
  const alike = await startScriptedWorker(coordinator.address, 'alike', {
    answer: (_lease, honest) => ({ ...honest(), message: { ...honest().message, parametersSha256 } }),
  });
  expect((await alike.closed).code).toBe('contribution-mismatch');
  await startScriptedWorker(coordinator.address, 'honest');
  expectSerialBits(options, await coordinator.done);
});

test('a worker that joins after the end is told how the run ended, and later ones find nobody', async () => {
  const options = await smallRun();
  const coordinator = await startCoordinator(options);
  const { address } = coordinator;
  let late: ReturnType<typeof startScriptedWorker> | undefined;
  // The coordinator waits a while for those that are there: the first worker stays until the late one has come and gone.
  const first = await startScriptedWorker(address, 'first', {
    onFinish: async () => {
      late = startScriptedWorker(address, 'late', { answer: () => expect.unreachable('a lease after the end') });
      await (
        await late
      ).closed;
    },
  });
  const result = await coordinator.done;
  expectSerialBits(options, result);
  const { parametersSha256 } = result;
  expect((await late)?.messages.at(-1)).toMatchObject({ type: 'finish', reason: 'completed', parametersSha256 });
  expect((await first.closed).code).toBe('normal');
  await expect(startScriptedWorker(address, 'too-late')).rejects.toMatchObject({ code: 'unreachable' });
});
