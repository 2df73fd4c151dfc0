// Every moment in which a coordinator can stop while it writes: before, amid and after each operation on its disk, and, where its first
// life has left torn files, each operation with which the second one opens them again.
//
// All worlds have one seed: they are the same up to the stop, so that an operation found in one of them is there in the others.

import { stopsAtOperation, type Fault } from './faults.js';
import type { RunShape } from './oracle.js';
import type { CrashMoment } from './simulated-disk.js';
import type { WorkerTraits } from './simulated-worker.js';
import { runWorld, type PerformedOperation, type WorldPlan } from './world.js';

/** A run of more than fifty steps, with checkpoints, evaluations and retention of both kinds. */
const shape: RunShape = {
  ...{ steps: 52, microbatches: 3, checkpointEvery: 4, digestEvery: 1 },
  ...{ keepCheckpoints: 2, keepCheckpointEvery: 20, evaluateEvery: 13 },
};
const workers: readonly WorkerTraits[] = [
  { name: 'ada', threadCount: 2, millisecondsPerMicrobatch: 15 },
  { name: 'bela', threadCount: 1, millisecondsPerMicrobatch: 20 },
];
const returnsAfter = 500;
const worldWith = (...faults: readonly Fault[]): WorldPlan => ({ seed: 1, shape, workers, faults, everyStopStrikes: true });

/** A world for each such moment, once with the loss of power and once without. */
export async function crashPointWorlds(): Promise<readonly WorldPlan[]> {
  const operations = await operationsOf(worldWith());
  const plans = operations.flatMap((operation) => stopsAt(operation).map((stop) => worldWith(stop)));
  for (const first of await tearingStops(operations)) {
    const inBoth = await operationsOf(worldWith(first));
    plans.push(...reopening(inBoth).flatMap((operation) => stopsAt(operation).map((stop) => worldWith(first, stop))));
  }
  return plans;
}

/** Only what is appended can be there in part; amid anything else is before it. */
function stopsAt({ operation, number }: PerformedOperation): readonly Fault[] {
  const moments: readonly CrashMoment[] = operation === 'append' ? ['before', 'amid', 'after'] : ['before', 'after'];
  return moments.flatMap((moment) =>
    [false, true].map((powerCut) => stopsAtOperation(number, moment, { returnsAfter, powerCut })),
  );
}

/** Files whose appends are torn in the middle of the run, to be found by the next life. */
const tornFiles = ['contributions.jsonl', 'trajectory.jsonl', 'metrics.jsonl', '.safetensors.partial'] as const;

/**
 * Losses of power in the middle of the run, one amid an append to each of these files, after which the next life has something to cut
 * off or to remove; and one when the run is over, after which there is a result.
 */
async function tearingStops(operations: readonly PerformedOperation[]): Promise<readonly Fault[]> {
  const stops: Fault[] = [];
  for (const file of tornFiles) {
    const later = operations.slice(operations.length >> 1);
    const appends = later.filter(({ operation, path }) => operation === 'append' && path.endsWith(file));
    stops.push(await firstTearing(file, appends));
  }
  const last = operations.at(-1)?.number ?? 0;
  return [...stops, stopsAtOperation(last, 'after', { returnsAfter, powerCut: true })];
}

async function firstTearing(file: string, appends: readonly PerformedOperation[]): Promise<Fault> {
  for (const { number } of appends) {
    const stop = stopsAtOperation(number, 'amid', { returnsAfter, powerCut: true });
    const opening = reopening(await operationsOf(worldWith(stop)));
    const leavesWork = opening.some(
      ({ operation, path }) => (operation === 'truncate' || operation === 'remove') && path.endsWith(file),
    );
    if (leavesWork) return stop;
  }
  throw new Error(`Cannot tear ${file}: ${appends.length} appends found, one wanted after which the next life has to repair it`);
}

/** What the second life does until it has told where it listens. */
function reopening(operations: readonly PerformedOperation[]): readonly PerformedOperation[] {
  const second = operations.filter(({ life }) => life === 2);
  const told = second.findIndex(({ operation, path }) => operation === 'rename' && path.endsWith('session.json'));
  // Behind the rename comes the folder's sync.
  return second.slice(0, told + 2);
}

async function operationsOf(plan: WorldPlan): Promise<readonly PerformedOperation[]> {
  const { diskOperations, flaws } = await runWorld(plan);
  if (flaws.length > 0) throw new Error(`Cannot count operations: ${flaws.join('; ')}`);
  return diskOperations;
}
