// The checkpoints of a run: which are there, and which are kept.

import { join } from 'node:path';
import type { Checkpoint } from '../index.js';
import {
  checkpointName,
  decodeCheckpoint,
  encodeCheckpoint,
  stepOfCheckpoint,
  type CheckpointContext,
} from './checkpoint-file.js';
import type { Disk } from './disk.js';
import { replaceFile } from './replace-file.js';
import { folderNames } from './run-folder.js';

/** Which checkpoints are kept: the newest so many, and beside them those of steps that are multiples of `every`. */
export interface Retention {
  readonly newest: number;
  readonly every: number | null;
}

/** The folder of a run's checkpoints. */
export const checkpointFolder = (folder: string): string => join(folder, folderNames.checkpoints);

/** The steps of the checkpoints in a run's folder, the newest first. */
export async function listCheckpoints(disk: Disk, folder: string): Promise<readonly number[]> {
  const names = (await disk.list(checkpointFolder(folder))) ?? [];
  return names.flatMap((name) => stepOfCheckpoint(name) ?? []).toSorted((a, b) => b - a);
}

/** Reads the checkpoint of a step. Throws RunError with code `checkpoint-malformed` where it is damaged. */
export async function readCheckpoint(
  disk: Disk,
  folder: string,
  { step, context }: { readonly step: number; readonly context: CheckpointContext },
): Promise<Checkpoint> {
  const bytes = await disk.read(join(checkpointFolder(folder), checkpointName(step)));
  return decodeCheckpoint(bytes ?? new Uint8Array(0), step, context);
}

/** Writes a checkpoint, and then removes those that need not be kept. */
export async function writeCheckpoint(
  disk: Disk,
  folder: string,
  {
    checkpoint,
    context,
    retention,
  }: { readonly checkpoint: Checkpoint; readonly context: CheckpointContext; readonly retention: Retention },
): Promise<void> {
  const bytes = encodeCheckpoint(checkpoint, context);
  await replaceFile(disk, join(checkpointFolder(folder), checkpointName(checkpoint.step)), bytes);
  // A newer one can only be one that the run could not continue from: it is written again when the run comes by.
  const steps = (await listCheckpoints(disk, folder)).filter((step) => step <= checkpoint.step);
  for (const step of outdated(steps, retention)) {
    await disk.remove(join(checkpointFolder(folder), checkpointName(step)));
  }
}

/** Of some steps, the newest first, those whose checkpoints go. */
export function outdated(steps: readonly number[], { newest, every }: Retention): readonly number[] {
  return steps.slice(Math.max(1, newest)).filter((step) => every === null || step % every !== 0);
}
