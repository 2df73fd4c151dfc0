// A world from a seed: its run, its workers, and a few things that go wrong.

import { Chance } from './chance.js';
import { at, stopsAtOperation, type Fault } from './faults.js';
import { lieKinds } from './lies.js';
import type { RunShape } from './oracle.js';
import type { WorkerTraits } from './simulated-worker.js';
import { expectedMilliseconds, type WorldPlan } from './world.js';

const names = ['ada', 'bela', 'carl', 'dora', 'emil'] as const;
const day = 86_400_000;
const hour = 3_600_000;

/** Runs of different trees and habits; few, so that their sums are soon known. */
const shapes: readonly RunShape[] = [
  {
    steps: 12,
    microbatches: 8,
    checkpointEvery: 3,
    digestEvery: 1,
    keepCheckpoints: 2,
    keepCheckpointEvery: null,
    evaluateEvery: 4,
  },
  {
    steps: 9,
    microbatches: 13,
    checkpointEvery: 2,
    digestEvery: 2,
    keepCheckpoints: 1,
    keepCheckpointEvery: 4,
    evaluateEvery: null,
    borders: [5],
  },
  {
    steps: 14,
    microbatches: 3,
    checkpointEvery: 1,
    digestEvery: 1,
    keepCheckpoints: 3,
    keepCheckpointEvery: null,
    evaluateEvery: 3,
  },
  {
    steps: 20,
    microbatches: 1,
    checkpointEvery: 5,
    digestEvery: 3,
    keepCheckpoints: 2,
    keepCheckpointEvery: 10,
    evaluateEvery: 7,
    borders: [6, 14],
  },
];

/** The world of a seed. */
export function randomWorld(seed: number): WorldPlan {
  const chance = Chance.ofSeed(seed).fork(99);
  const shape = chance.pick(shapes);
  const headless = names.slice(0, chance.integer(1, names.length)).map((name) => traitsOf(name, chance));
  const duration = 300 + expectedMilliseconds({ shape, workers: headless });
  const faults = Array.from({ length: chance.integer(0, 7) }, () => randomFault(chance, headless, duration));
  const { workers, lies } = withVolunteers(withSegments(headless, Chance.ofSeed(seed).fork(97)), {
    duration,
    chance: Chance.ofSeed(seed).fork(98),
  });
  const restarts = restartsAmidEchoes(faults, { duration, chance: Chance.ofSeed(seed).fork(96) });
  return { seed, shape, workers, faults: [...onlyOneStop(faults), ...restarts, ...lies] };
}

/** Old answers fit new questions only where the coordinator has begun anew: most lines that echo meet a restart while the run goes on. */
function restartsAmidEchoes(
  faults: readonly Fault[],
  { duration, chance }: { readonly duration: number; readonly chance: Chance },
): readonly Fault[] {
  const echo = faults.find(({ type }) => type === 'line-echoes');
  if (echo === undefined || chance.happens(0.2)) return [];
  const time = Math.max('at' in echo ? echo.at : 0, chance.between(0.2, 0.9) * duration);
  return [at(time).coordinator.isKilled({ returnsAfter: chance.between(20, 200) })];
}

/** In some of the worlds lets workers take several steps at once, most of them. */
function withSegments(workers: readonly WorkerTraits[], chance: Chance): readonly WorkerTraits[] {
  const areTaken = chance.happens(0.4);
  return workers.map((traits) => ({ ...traits, segments: areTaken && chance.happens(0.8) }));
}

/**
 * Makes volunteers of some workers, and lets one more of them lie. Someone must be there to tell: one of the owner's workers, or two
 * volunteers beside it.
 */
function withVolunteers(
  headless: readonly WorkerTraits[],
  { duration, chance }: { readonly duration: number; readonly chance: Chance },
): { readonly workers: readonly WorkerTraits[]; readonly lies: readonly Fault[] } {
  const areAllVolunteers = headless.length >= 3 && chance.happens(0.2);
  const workers = headless.map((traits, index): WorkerTraits => {
    const isVolunteer = areAllVolunteers || (index > 0 && chance.happens(0.4));
    return isVolunteer ? { ...traits, kind: 'browser' } : traits;
  });
  if (!chance.happens(0.3)) return { workers, lies: [] };
  const liar: WorkerTraits = { ...traitsOf('eve', chance), kind: 'browser' };
  const lie = at(chance.happens(0.5) ? 0 : chance.between(0, duration / 2)).worker(liar.name);
  const share = chance.pick([0.1, 0.5, 1]);
  return { workers: [...workers, liar], lies: [lie.lies({ lie: chance.pick(lieKinds), share, lasts: 2 * duration })] };
}

function traitsOf(name: string, chance: Chance): WorkerTraits {
  return {
    name,
    threadCount: chance.integer(1, 4),
    millisecondsPerMicrobatch: chance.pick([2, 5, 15, 60]) * chance.between(0.8, 1.2),
  };
}

function randomFault(chance: Chance, workers: readonly WorkerTraits[], duration: number): Fault {
  const time = chance.between(0, duration);
  const worker = at(time).worker(chance.pick(workers).name);
  const pause = chance.pick([50, 500, 5000, 40_000]) * chance.between(0.5, 1.5);
  const long = chance.pick([200, 3000, 60_000, 3 * hour]);
  const { coordinator, disk, calendar } = at(time);
  const choices: readonly (() => Fault)[] = [
    () => worker.isKilled({ returnsAfter: pause }),
    () => worker.freezes({ lasts: long }),
    () => worker.slowsDown({ factor: chance.between(3, 100), lasts: pause }),
    () => worker.failsComputing(),
    () => worker.isJoinedByItsTwin(),
    () => worker.losesItsConnection(),
    () => worker.isCutOff({ lasts: pause }),
    () => worker.isCutOff({ lasts: pause, directions: [chance.pick(['to-coordinator', 'to-worker'] as const)] }),
    () => worker.hasAConfusedLine({ repeats: chance.between(0, 0.3), swaps: chance.between(0, 0.2), lasts: pause }),
    () => worker.hasASlowLine({ delay: chance.between(5, 400), lasts: pause }),
    // For long, so that it meets a restart: only then do old answers fit new questions.
    () => worker.hasALineThatEchoes({ echoes: chance.between(0.2, 1), lasts: 20 * pause }),
    () => worker.hasALineThatEchoes({ echoes: chance.between(0.2, 1), lasts: 20 * pause }),
    () => worker.hasALineThatEchoes({ echoes: chance.between(0.2, 1), lasts: 20 * pause }),
    () => {
      const isAsked = chance.fork(Math.floor(time)).happens(0.4);
      return isAsked ? coordinator.isStopped({ returnsAfter: pause }) : coordinator.isKilled({ returnsAfter: pause });
    },
    // Three times: what is not synced in time is the most common mistake of programs that store.
    () => coordinator.losesPower({ returnsAfter: pause }),
    () => coordinator.losesPower({ returnsAfter: pause }),
    () => coordinator.losesPower({ returnsAfter: pause }),
    () => coordinator.freezes({ lasts: long }),
    () =>
      stopsAtOperation(chance.integer(1, 120), chance.pick(['before', 'amid', 'after']), {
        returnsAfter: pause,
        powerCut: chance.happens(0.6),
      }),
    () =>
      at(time)
        .clockOf(chance.pick(['coordinator', ...workers.map(({ name }) => name)]))
        .jumpsForward({ by: long }),
    () => calendar.isSet({ by: chance.pick([-day, day]) }),
    () => disk.isFull({ lasts: pause }),
    () => disk.isReadOnly({ lasts: pause }),
    () => disk.flipsABitIn(chance.pick(['trajectory.jsonl', 'contributions.jsonl', 'metrics.jsonl', 'run.json', 'checkpoints'])),
  ];
  // Damage is rare, so that it does not excuse too many worlds.
  const fault = chance.pick(choices)();
  return fault.type === 'bit-flipped' && chance.happens(0.5) ? worker.isKilled({ returnsAfter: pause }) : fault;
}

/** Operations are counted over all lives, so two stops at the same one would be one. */
function onlyOneStop(faults: readonly Fault[]): readonly Fault[] {
  const seen = new Set<number>();
  return faults.filter((fault) => {
    if (fault.type !== 'stopped-at-operation') return true;
    const isNew = !seen.has(fault.operation);
    seen.add(fault.operation);
    return isNew;
  });
}
