// The run's folder: what is in it after which moment, and who may have it.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunError } from '../../coordinator/index.js';
import { decodeSafetensors, nodeDisk, replaceFile, RunStore, type DiskFile } from '../../coordinator/store/index.js';
import { checkpointAt, newRun, plan, storeOptions } from './store-options.js';
import { sha256 } from './toy-run.js';

test('record() keeps checkpoints whole, the newest ones, with all that is needed to go on', async () => {
  const options = await storeOptions();
  const store = await RunStore.create(options, newRun);
  for (const step of [2, 4, 10]) store.record({ type: 'checkpoint', checkpoint: checkpointAt(step) });
  await store.close();
  const folder = join(options.folder, 'checkpoints');
  expect((await readdir(folder)).toSorted()).toEqual(['step-10.safetensors', 'step-4.safetensors']);
  const { metadata, tensors } = decodeSafetensors(await readFile(join(folder, 'step-10.safetensors')));
  expect(metadata).toEqual({
    ...{ format: 'starling-checkpoint', version: '2', run: 'a-run', step: '10', seed: '7' },
    ...{ parametersSha256: checkpointAt(10).parametersSha256, stateSha256: sha256(new Uint8Array(4 * plan.stateLength)) },
    ...{ trainLoss: '0.5', trajectoryChain: 'e'.repeat(64), trainProgramSha256: '1'.repeat(64) },
  });
  const names = plan.parameters.names.map((name) => `parameter/${name}`);
  expect(tensors.map(({ name }) => name).slice(0, names.length)).toEqual(names);
  expect(tensors.map(({ shape }) => shape).slice(0, names.length)).toEqual(plan.parameters.shapes);
  expect(tensors.slice(0, names.length).flatMap(({ values }) => [...values])).toEqual([...checkpointAt(10).parameters]);
  const stateLength = tensors.slice(names.length).reduce((sum, { values }) => sum + values.length, 0);
  expect(stateLength).toBe(plan.stateLength);
});

test('a checkpoint comes after the lines that it stands on', async () => {
  const options = await storeOptions();
  const store = await RunStore.create(options, newRun);
  const entry = { step: 1, loss: 0.5, parametersSha256: 'f'.repeat(64), chain: 'e'.repeat(64) };
  store.record({ type: 'trajectory', entry });
  store.record({ type: 'checkpoint', checkpoint: checkpointAt(1) });
  await expect.poll(() => readdir(join(options.folder, 'checkpoints'))).toContain('step-1.safetensors');
  expect(await readFile(join(options.folder, 'trajectory.jsonl'), 'utf8')).toBe(`${JSON.stringify(entry)}\n`);
  await store.close();
});

test('a checkpoint syncs the logs once, and then those that have grown', async () => {
  const synced: string[] = [];
  const disk = {
    ...nodeDisk,
    open: async (...parameters: Parameters<typeof nodeDisk.open>): Promise<DiskFile> => {
      const file = await nodeDisk.open(...parameters);
      const name = basename(parameters[0]);
      const sync = (): Promise<void> => {
        if (name.endsWith('.jsonl')) synced.push(name);
        return file.sync();
      };
      return { append: (bytes) => file.append(bytes), sync, close: () => file.close() };
    },
  };
  const store = await RunStore.create(await storeOptions({ disk }), newRun);
  store.record({ type: 'checkpoint', checkpoint: checkpointAt(1) });
  await store.finish({});
  expect(synced).toEqual(['contributions.jsonl', 'trajectory.jsonl', 'metrics.jsonl']);
  store.record({ type: 'metrics', metrics: { step: 2, loss: 0.5, learningRate: 0.1, values: {} } });
  store.record({ type: 'checkpoint', checkpoint: checkpointAt(2) });
  await store.close();
  expect(synced.slice(3)).toEqual(['metrics.jsonl']);
});

test('record() leaves contributions out when they are not kept', async () => {
  const options = await storeOptions({ keepContributions: false });
  const store = await RunStore.create(options, newRun);
  const contributions = [{ begin: 0, end: 1, workerId: 'w', sha256: 'f'.repeat(64) }];
  store.record({ type: 'contributions', kind: 'train', step: 0, contributions });
  await store.close();
  expect(await readFile(join(options.folder, 'contributions.jsonl'), 'utf8')).toBe('');
});

test('create() throws when the folder is locked, holds a run, or holds anything else', async () => {
  const options = await storeOptions();
  const store = await RunStore.create(options, newRun);
  await expect(RunStore.create(options, newRun)).rejects.toMatchObject({ code: 'run-locked' });
  await store.close();
  await expect(RunStore.create(options, newRun)).rejects.toMatchObject({ code: 'run-exists' });
  const foreign = await storeOptions();
  await mkdir(foreign.folder);
  await writeFile(join(foreign.folder, 'thesis.tex'), 'precious');
  await expect(RunStore.create(foreign, newRun)).rejects.toMatchObject({ code: 'run-exists' });
  expect(await readdir(foreign.folder)).toEqual(['thesis.tex']);
});

test.each(['checkpoints/epoch-10.pt', 'programs/main.c', 'metrics.jsonl', 'result.json', 'film.mkv.partial'])(
  'create() leaves a folder as it is that holds %s but no run',
  async (name) => {
    const options = await storeOptions();
    const path = join(options.folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'precious');
    await expect(RunStore.create(options, newRun)).rejects.toMatchObject({ code: 'run-exists' });
    expect(await readFile(path, 'utf8')).toBe('precious');
    expect(await readdir(options.folder)).toHaveLength(1);
  },
);

test('create() takes a folder in which a crash has left the beginning of a run', async () => {
  const options = await storeOptions();
  const left = [
    `programs/${'a'.repeat(64)}.json`,
    `programs/${'b'.repeat(64)}.json.partial`,
    'metrics.jsonl',
    'run.json.partial',
  ];
  for (const folder of ['programs', 'checkpoints']) await mkdir(join(options.folder, folder), { recursive: true });
  for (const name of left) await writeFile(join(options.folder, name), '');
  await (await RunStore.create(options, newRun)).close();
  expect(await readdir(join(options.folder, 'programs'))).toEqual([`${'1'.repeat(64)}.json`]);
});

test('a store that can no longer write says so once', async () => {
  const errors: RunError[] = [];
  const options = await storeOptions({ onError: (error) => void errors.push(error) });
  const store = await RunStore.create(options, newRun);
  await rm(join(options.folder, 'checkpoints'), { recursive: true });
  store.record({ type: 'checkpoint', checkpoint: checkpointAt(1) });
  store.record({ type: 'checkpoint', checkpoint: checkpointAt(2) });
  await store.close();
  expect(errors.map(({ code }) => code)).toEqual(['run-unwritable']);
});

test('replaceFile() leaves the old file and no parts when it fails', async () => {
  const { folder } = await storeOptions();
  await mkdir(folder);
  const path = join(folder, 'file');
  await replaceFile(nodeDisk, path, Buffer.from('old'));
  const broken = { get length(): number { throw new Error('no such bytes'); } }; // prettier-ignore
  await expect(replaceFile(nodeDisk, path, broken as never)).rejects.toThrow();
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['file']);
});
