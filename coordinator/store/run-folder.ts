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

/** The names of programs, and of one that was not written to its end. */
const programFile = /^[0-9a-f]{64}\.json(\.partial)?$/;

/**
 * Locks a folder for a new run and empties it of what a crash may have left when one was being made: no more than programs and
 * empty logs. Throws RunError where someone else has it, where it holds a run, or where anything else is in it, which stays as it is.
 */
export async function lockNewFolder(disk: Disk, folder: string): Promise<DiskLock> {
  await disk.makeFolder(folder);
  await disk.syncFolder(dirname(folder));
  // A folder that is no run is left as it is, without a lock in it.
  await refuseForeign(disk, folder);
  const lock = await lockFolder(disk, folder, 'start run');
  try {
    await refuseForeign(disk, folder);
    if ((await namesIn(disk, folder)).includes(manifestName)) throw exists(folder, 'a run');
    await clear(disk, folder);
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
  throw new RunError('run-locked', `Cannot ${action}: another coordinator is at work in ${folder}`);
}

/** Throws RunError where a folder has something in it that neither a run has nor one that was being made. */
async function refuseForeign(disk: Disk, folder: string): Promise<void> {
  const names = await namesIn(disk, folder);
  if (names.includes(manifestName)) return;
  for (const name of names) {
    if (!(await isLeftOver(disk, folder, name))) throw exists(folder, `'${name}'`);
  }
}

/** Whether something can be what is left of a folder that was being made for a run. */
async function isLeftOver(disk: Disk, folder: string, name: string): Promise<boolean> {
  const path = join(folder, name);
  if (name === folderNames.lock || name === manifestName + partialSuffix) return true;
  if (name === folderNames.programs) return (await namesIn(disk, path)).every((inner) => programFile.test(inner));
  if (name === folderNames.checkpoints) return (await disk.list(path))?.length === 0;
  return logNames.map(logFile).includes(name) && (await disk.read(path))?.length === 0;
}

async function clear(disk: Disk, folder: string): Promise<void> {
  const programs = join(folder, folderNames.programs);
  for (const name of await namesIn(disk, programs)) await disk.remove(join(programs, name));
  for (const name of [...logNames.map(logFile), manifestName + partialSuffix]) await disk.remove(join(folder, name));
}

function exists(folder: string, found: string): RunError {
  const wanted = found === 'a run' ? 'an empty folder (or --resume) wanted' : 'an empty folder wanted';
  return new RunError('run-exists', `Cannot start run in ${folder}: it holds ${found}, ${wanted}`);
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
