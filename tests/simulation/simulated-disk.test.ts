// The disk that forgets: what a crash may take, and what it may not.

import { describe, expect, test } from 'vitest';
import { Chance } from './chance.js';
import { SimulatedDisk } from './simulated-disk.js';

const surroundings = { onOperation: () => undefined, crash: () => undefined, wait: () => Promise.resolve() };
const chances = Array.from({ length: 40 }, (_, seed) => Chance.ofSeed(seed));
const bytes = (text: string): Uint8Array => Buffer.from(text);

async function diskWith(write: (disk: ReturnType<SimulatedDisk['mount']>) => Promise<void>): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  await disk.mount(surroundings).makeFolder('/run');
  await write(disk.mount(surroundings));
  return disk;
}

/** What a file may be after a crash. */
async function outcomes(write: Parameters<typeof diskWith>[0]): Promise<ReadonlySet<string | undefined>> {
  const found = new Set<string | undefined>();
  for (const chance of chances) {
    const disk = await diskWith(write);
    disk.crash(chance);
    const content = disk.read('/run/file');
    found.add(content === undefined ? undefined : Buffer.from(content).toString());
  }
  return found;
}

describe('SimulatedDisk.crash()', () => {
  test('keeps what was synced, with its name', async () => {
    const found = await outcomes(async (disk) => {
      const file = await disk.open('/run/file', 'kept');
      await file.append(bytes('safe'));
      await file.sync();
      await disk.syncFolder('/run');
    });
    expect([...found]).toEqual(['safe']);
  });

  test('may take the rest of a file, in part or whole, and may leave zeros', async () => {
    const found = await outcomes(async (disk) => {
      const file = await disk.open('/run/file', 'kept');
      await file.append(bytes('safe'));
      await file.sync();
      await disk.syncFolder('/run');
      await file.append(bytes(' and not'));
    });
    for (const text of found) expect(text).toMatch(/^safe/);
    expect(found).toContain('safe');
    expect(found).toContain('safe and not');
    expect([...found].some((text) => text?.includes('\0'))).toBe(true);
    expect(found.size).toBeGreaterThan(4);
  });

  test('may take a new name, or leave the old one, but never a renamed file without its bytes when they were synced', async () => {
    const found = await outcomes(async (disk) => {
      for (const [name, text] of [
        ['file', 'old'],
        ['file.partial', 'new'],
      ] as const) {
        const file = await disk.open(`/run/${name}`, 'kept');
        await file.append(bytes(text));
        await file.sync();
        await disk.syncFolder('/run');
      }
      await disk.rename('/run/file.partial', '/run/file');
    });
    expect([...found].toSorted()).toEqual(['new', 'old']);
  });

  test('shows a file that was renamed before it was synced', async () => {
    const found = await outcomes(async (disk) => {
      const file = await disk.open('/run/file.partial', 'kept');
      await file.append(bytes('new'));
      await disk.rename('/run/file.partial', '/run/file');
      await disk.syncFolder('/run');
    });
    expect([...found].some((text) => text !== 'new')).toBe(true);
  });
});

test('lock() has one holder until it is released or the machine stops', async () => {
  const disk = await diskWith(() => Promise.resolve());
  const mounted = disk.mount(surroundings);
  const lock = await mounted.lock('/run/lock');
  expect(await mounted.lock('/run/lock')).toBeUndefined();
  await lock?.release();
  expect(await mounted.lock('/run/lock')).toBeDefined();
  disk.release();
  expect(await mounted.lock('/run/lock')).toBeDefined();
});
