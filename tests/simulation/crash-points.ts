// Every moment in which a coordinator can stop while it writes: before, amid and after each operation on its disk.

import { stopsAtOperation } from './faults.js';
import type { RunShape } from './oracle.js';
import type { CrashMoment } from './simulated-disk.js';
import type { WorkerTraits } from './simulated-worker.js';
import { runWorld, type WorldPlan } from './world.js';

/** A run of more than fifty steps, with checkpoints, evaluations and retention of both kinds. */
const shape: RunShape = {
  ...{ steps: 52, microbatches: 3, checkpointEvery: 4, digestEvery: 1 },
  ...{ keepCheckpoints: 2, keepCheckpointEvery: 20, evaluateEvery: 13 },
};
const workers: readonly WorkerTraits[] = [
  { name: 'ada', threadCount: 2, millisecondsPerMicrobatch: 15 },
  { name: 'bela', threadCount: 1, millisecondsPerMicrobatch: 20 },
];
const moments: readonly CrashMoment[] = ['before', 'amid', 'after'];

/** A world for each such moment, once with the loss of power and once without. */
export async function crashPointWorlds(): Promise<readonly WorldPlan[]> {
  const undisturbed = { seed: 1, shape, workers, faults: [] };
  const { diskOperations, flaws } = await runWorld(undisturbed);
  if (flaws.length > 0) throw new Error(`Cannot count operations: ${flaws.join('; ')}`);
  const operations = Array.from({ length: diskOperations }, (_, index) => index + 1);
  return operations.flatMap((operation) =>
    moments.flatMap((moment) =>
      [false, true].map((powerCut) => ({
        ...undisturbed,
        seed: operation,
        faults: [stopsAtOperation(operation, moment, { returnsAfter: 500, powerCut })],
      })),
    ),
  );
}
