// One coordinator per run: a lock of the kernel on a file in the run's folder, freed by whatever ends the process.

import { constants } from 'node:fs';
import { mkdir, open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { tryLock, unlock } from 'fs-native-extensions';
import { RunError } from './run-error.js';

const lockName = 'lock';

/** A run's folder that no other coordinator can take. */
export interface RunLock {
  release(): Promise<void>;
}

/** Makes a new folder and locks it. Throws RunError where someone else has it or where something is in it already. */
export async function lockNewFolder(folder: string): Promise<RunLock> {
  const names = await listFolder(folder);
  // A folder that is no run is left as it is, without a lock in it.
  if (names.length > 0 && !names.includes(lockName)) throw exists(folder, names);
  const file = await open(join(folder, lockName), constants.O_RDWR | constants.O_CREAT, 0o600);
  if (!tryLock(file.fd)) {
    await file.close();
    throw new RunError('run-locked', `Cannot start run: another coordinator is at work in ${folder}, a folder of its own wanted`);
  }
  const others = (await listFolder(folder)).filter((name) => name !== lockName);
  if (others.length === 0) return { release: () => release(file) };
  await release(file);
  throw exists(folder, others);
}

async function listFolder(folder: string): Promise<readonly string[]> {
  try {
    await mkdir(folder, { recursive: true });
    return await readdir(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RunError('run-unwritable', `Cannot start run: ${folder} is no folder to write to (${reason})`, { cause: error });
  }
}

async function release(file: FileHandle): Promise<void> {
  unlock(file.fd);
  await file.close();
}

function exists(folder: string, names: readonly string[]): RunError {
  const found = names.includes('run.json') ? 'it holds a run' : `it holds '${names[0] ?? ''}'`;
  return new RunError('run-exists', `Cannot start run in ${folder}: ${found}, an empty folder wanted`);
}
