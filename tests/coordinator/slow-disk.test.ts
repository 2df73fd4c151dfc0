// A disk that is slower than the run: what waits for it stays bounded, and the last state is kept all the same.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeDisk, RunStore, type Disk } from '../../coordinator/store/index.js';
import { checkpointAt, newRun, storeOptions } from './store-options.js';

/** The disk of this machine, with its syncs held back until the test lets them go. */
function heldDisk(): { readonly disk: Disk; readonly written: string[]; release(): void } {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const written: string[] = [];
  const disk: Disk = {
    ...nodeDisk,
    open: async (path, content) => {
      const file = await nodeDisk.open(path, content);
      return { ...file, sync: () => released.then(() => file.sync()) };
    },
    rename: async (from, to) => {
      written.push(to);
      await nodeDisk.rename(from, to);
    },
  };
  return { disk, written, release };
}

async function stepsWritten(
  every: number | null,
): Promise<{ readonly written: readonly number[]; readonly kept: readonly string[] }> {
  const quick = await storeOptions({ retention: { newest: 2, every } });
  await (await RunStore.create(quick, newRun)).close();
  const { disk, written, release } = heldDisk();
  const { store } = await RunStore.reopen({ ...quick, disk });
  for (let step = 1; step <= 1000; step++) store.record({ type: 'checkpoint', checkpoint: checkpointAt(step) });
  release();
  await store.close();
  const steps = written.flatMap((path) => /step-(\d+)\.safetensors$/.exec(path)?.[1] ?? []);
  return { written: steps.map(Number), kept: (await readdir(join(quick.folder, 'checkpoints'))).toSorted() };
}

test('a store leaves checkpoints out when the disk is slow, but not the last one', async () => {
  const { written, kept } = await stepsWritten(null);
  expect(written.length).toBeLessThan(10);
  expect(written.at(-1)).toBe(1000);
  expect(kept).toContain('step-1000.safetensors');
});

test('a store leaves no checkpoint out that is to be kept for good, however slow the disk is', async () => {
  const { written } = await stepsWritten(250);
  expect(written).toEqual(expect.arrayContaining([250, 500, 750, 1000]));
  expect(written.length).toBeLessThan(20);
});
