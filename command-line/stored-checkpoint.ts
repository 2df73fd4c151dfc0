// A checkpoint of a stored run, chosen by its step.

import { listCheckpoints, nodeDisk, readCheckpoint } from '../coordinator/store/index.js';
import type { Checkpoint } from '../coordinator/index.js';
import { CommandError, exitCodes } from './exit-codes.js';
import type { StoredRun } from './stored-run.js';

/** Reads the checkpoint of a step, or the newest one. Throws CommandError with code `checkpoint-absent` where there is none. */
export async function openCheckpoint({ folder, manifest, plan }: StoredRun, wanted: number | undefined): Promise<Checkpoint> {
  const steps = await listCheckpoints(nodeDisk, folder);
  const step = wanted === undefined ? steps[0] : steps.find((one) => one === wanted);
  if (step === undefined) {
    const found = steps.length === 0 ? 'no checkpoint' : `checkpoints of steps ${steps.toReversed().join(', ')}`;
    const message = `Cannot read ${folder}: ${found} found, ${wanted === undefined ? 'one' : `one of step ${wanted}`} wanted`;
    throw new CommandError('checkpoint-absent', exitCodes.usage, message);
  }
  const context = { runId: manifest.run, plan, programs: manifest.programs };
  return readCheckpoint(nodeDisk, folder, { step, context });
}
