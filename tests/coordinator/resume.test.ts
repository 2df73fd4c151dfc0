// A run that is continued, over real sockets and files: from what a crash leaves, and from what worse than a crash leaves.

import { appendFileSync, copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkpointSteps, continueRun, crashedRun, expectUndisturbed, stoppedRun } from './interrupted-run.js';
import { checkpointFile, filesOf, logs } from './run-files.js';

test('a stopped run goes on where it was stopped, with another worker', async () => {
  const options = await stoppedRun();
  const { result, warnings } = await continueRun(options);
  expectUndisturbed(options, result);
  expect(result.continuedFromStep).toBe(7);
  expect(warnings).toEqual([]);
});

test('a crashed run goes on at its newest checkpoint and repeats only what came after it', async () => {
  const options = await crashedRun();
  const { result, warnings } = await continueRun(options);
  expectUndisturbed(options, result);
  expect(result.continuedFromStep).toBe(6);
  expect(warnings).toEqual([]);
});

test.each(logs)('the last line of %s is cut off and made again when a crash has torn it', async (log) => {
  for (const bytesMissing of [1, 40]) {
    const options = await crashedRun();
    const path = join(options.folder, log);
    truncateSync(path, readFileSync(path).length - bytesMissing);
    const { result } = await continueRun(options);
    expectUndisturbed(options, result);
  }
});

test.each(logs)('what a crash has left of %s behind its last whole line is cut off', async (log) => {
  for (const garbage of ['{"step":8,"lo', '\0'.repeat(4096), 'null\n', '{"kind":"train"}\n']) {
    const options = await crashedRun();
    appendFileSync(join(options.folder, log), garbage);
    const { result } = await continueRun(options);
    expectUndisturbed(options, result);
  }
});

const flipped = (bytes: Buffer, index: number): Buffer => {
  const changed = Buffer.from(bytes);
  changed[index] = (changed[index] ?? 0) ^ 1;
  return changed;
};
const damages: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  'is empty': () => Buffer.alloc(0),
  'is cut in its header': (bytes) => bytes.subarray(0, 100),
  'lacks its last byte': (bytes) => bytes.subarray(0, -1),
  'has a flipped bit in its parameters': (bytes) => flipped(bytes, Number(bytes.readBigUInt64LE(0)) + 8 + 3),
  'has a flipped bit in its optimizer state': (bytes) => flipped(bytes, bytes.length - 2),
  'has a flipped bit in its header': (bytes) => flipped(bytes, 60),
  'is full of zeros': (bytes) => Buffer.alloc(bytes.length),
};

test.each(Object.keys(damages))(
  'a run falls back to the checkpoint before and says so when the newest one %s',
  async (damage) => {
    const options = await crashedRun();
    const newest = checkpointFile(options.folder, 6);
    writeFileSync(newest, damages[damage]?.(readFileSync(newest)) ?? '');
    const { result, warnings } = await continueRun(options);
    expectUndisturbed(options, result);
    expect(result.continuedFromStep).toBe(4);
    expect(warnings).toEqual([expect.stringMatching(/^Cannot read /)]);
  },
);

test('a run falls back to the checkpoint before when the newest one is that of another run or another step', async () => {
  const [options, other] = [await crashedRun(), await crashedRun()];
  copyFileSync(checkpointFile(other.folder, 6), checkpointFile(options.folder, 6));
  const foreign = await continueRun(options);
  expectUndisturbed(options, foreign.result);
  expect(foreign.result.continuedFromStep).toBe(4);
  expect(foreign.warnings).toEqual([expect.stringMatching(/run small-run-.* found, small-run-.* wanted/)]);
  copyFileSync(checkpointFile(other.folder, 4), checkpointFile(other.folder, 6));
  const misplaced = await continueRun(other);
  expectUndisturbed(other, misplaced.result);
  expect(misplaced.result.continuedFromStep).toBe(4);
});

test('a run is refused and stays as it is when none of its checkpoints can be used', async () => {
  const options = await crashedRun();
  for (const step of checkpointSteps) truncateSync(checkpointFile(options.folder, step), 50);
  const before = filesOf(options.folder);
  await expect(continueRun(options)).rejects.toMatchObject({ code: 'run-damaged' });
  expect(filesOf(options.folder)).toEqual(before);
});

test.each(logs)('a run is refused and stays as it is when a line of %s before every checkpoint is damaged', async (log) => {
  const options = await crashedRun();
  const path = join(options.folder, log);
  const whole = readFileSync(path, 'utf8');
  const lines = whole.split('\n');
  // A digit that is another one shows in the chain of the trajectory; in the other logs only computing again would show it.
  const digit = log === 'trajectory.jsonl' ? [lines[1]?.replace(/[0-9a-f]{8}/, '00000000')] : [];
  for (const line of ['', lines[1]?.slice(0, -3), lines[0], ...digit]) {
    writeFileSync(path, lines.with(1, line ?? '').join('\n'));
    const before = filesOf(options.folder);
    await expect(continueRun(options)).rejects.toMatchObject({
      code: 'run-damaged',
      message: expect.stringContaining(`${log} is not whole up to there, line 2 is damaged`) as unknown,
    });
    expect(filesOf(options.folder)).toEqual(before);
  }
  writeFileSync(path, whole);
  expectUndisturbed(options, (await continueRun(options)).result);
});

test('a run goes on at the checkpoint before a damaged line when the newest one stands on it', async () => {
  const options = await crashedRun();
  const path = join(options.folder, 'trajectory.jsonl');
  const lines = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, lines.with(5, 'damaged').join('\n'));
  const { result, warnings } = await continueRun(options);
  expectUndisturbed(options, result);
  expect(result.continuedFromStep).toBe(4);
  expect(warnings).toEqual([expect.stringContaining('line 6 is damaged')]);
});
