// Whose a folder is, and what may be in it.

import { dirname, join } from 'node:path';
import { RunError } from '../index.js';
import type { Disk, DiskLock } from './disk.js';
import { partialSuffix } from './replace-file.js';
import { logFile, logNames } from './run-logs.js';
import { manifestName } from './run-manifest.js';

/** The names in a run's folder, apart from run.json. */
export const folderNames = {
  lock: 'lock',
  programs: 'programs',
  checkpoints: 'checkpoints',
  session: 'session.json',
  result: 'result.json',
} as const;

const ownNames: readonly string[] = [...Object.values(folderNames), ...logNames.map(logFile)];

/**
 * Locks a folder for a new run and empties it of what a crash may have left when one was being made. Throws RunError where someone
 * else has it, where it holds a run, or where anything else is in it, which stays as it is.
 */
export async function lockNewFolder(disk: Disk, folder: string): Promise<DiskLock> {
  await disk.makeFolder(folder);
  await disk.syncFolder(dirname(folder));
  // A folder that is no run is left as it is, without a lock in it.
  refuseForeign(folder, await namesIn(disk, folder));
  const lock = await lockFolder(disk, folder, 'start run');
  try {
    const names = await namesIn(disk, folder);
    refuseForeign(folder, names);
    refuseRun(folder, names);
    await clear(disk, folder, names);
    return lock;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Locks the folder of a run. Throws RunError with code `run-locked` where someone else has it, `run-absent` where there is no run. */
export async function lockRunFolder(disk: Disk, folder: string): Promise<DiskLock> {
  const names = await namesIn(disk, folder);
  if (!names.includes(manifestName))
    throw new RunError('run-absent', `Cannot continue run: no ${manifestName} found in ${folder}`);
  return lockFolder(disk, folder, 'continue run');
}

/** Throws RunError where the folder of a run could not be locked now, or holds no run. */
export async function refuseLocked(disk: Disk, folder: string): Promise<void> {
  try {
    await (await lockRunFolder(disk, folder)).release();
  } catch (error) {
    throw unwritable(folder, error);
  }
}

async function lockFolder(disk: Disk, folder: string, action: string): Promise<DiskLock> {
  const lock = await disk.lock(join(folder, folderNames.lock));
  if (lock !== undefined) return lock;
  throw new RunError('run-locked', `Cannot ${action}: another coordinator is at work in ${folder}, a folder of its own wanted`);
}

function refuseForeign(folder: string, names: readonly string[]): void {
  const foreign = names.find((name) => name !== manifestName && !ownNames.includes(name) && !name.endsWith(partialSuffix));
  if (foreign === undefined) return;
  throw new RunError('run-exists', `Cannot start run in ${folder}: it holds '${foreign}', an empty folder wanted`);
}

function refuseRun(folder: string, names: readonly string[]): void {
  if (!names.includes(manifestName)) return;
  throw new RunError('run-exists', `Cannot start run in ${folder}: it holds a run, an empty folder (or --resume) wanted`);
}

async function clear(disk: Disk, folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    if (name === folderNames.lock) continue;
    if (name !== folderNames.programs && name !== folderNames.checkpoints) {
      await disk.remove(join(folder, name));
      continue;
    }
    for (const inner of await namesIn(disk, join(folder, name))) await disk.remove(join(folder, name, inner));
  }
}

async function namesIn(disk: Disk, folder: string): Promise<readonly string[]> {
  return (await disk.list(folder)) ?? [];
}

/** An error of the disk, for the person who started the run. */
export function unwritable(folder: string, error: unknown): RunError {
  if (error instanceof RunError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new RunError('run-unwritable', `Cannot write run to ${folder}: ${reason}`, { cause: error });
}
