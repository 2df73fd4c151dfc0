// The vocabulary of faults. A fault is data; it is written as a sentence and shown as one:
//
//   at(1200).worker('ada').isKilled({ returnsAfter: 500 })      →   at 1.20 s ada is killed, and comes back 0.50 s later

import type { LieKind } from './lies.js';
import type { CrashMoment } from './simulated-disk.js';
import type { Direction } from './simulated-network.js';

/** Something that goes wrong. Times in milliseconds. */
export type Fault =
  | { readonly type: 'worker-killed'; readonly at: number; readonly worker: string; readonly returnsAfter: number }
  | { readonly type: 'worker-frozen'; readonly at: number; readonly worker: string; readonly lasts: number }
  | {
      readonly type: 'worker-slowed';
      readonly at: number;
      readonly worker: string;
      readonly factor: number;
      readonly lasts: number;
    }
  | { readonly type: 'computing-fails'; readonly at: number; readonly worker: string }
  | { readonly type: 'twin-joins'; readonly at: number; readonly worker: string }
  | {
      readonly type: 'worker-lies';
      readonly at: number;
      readonly worker: string;
      readonly lie: LieKind;
      readonly share: number;
      readonly lasts: number;
    }
  | { readonly type: 'connection-broken'; readonly at: number; readonly worker: string }
  | {
      readonly type: 'line-blocked';
      readonly at: number;
      readonly worker: string;
      readonly directions: readonly Direction[];
      readonly lasts: number;
    }
  | {
      readonly type: 'line-confused';
      readonly at: number;
      readonly worker: string;
      readonly repeats: number;
      readonly swaps: number;
      readonly lasts: number;
    }
  | {
      readonly type: 'line-delayed';
      readonly at: number;
      readonly worker: string;
      readonly delay: number;
      readonly lasts: number;
    }
  | {
      readonly type: 'line-echoes';
      readonly at: number;
      readonly worker: string;
      readonly echoes: number;
      readonly lasts: number;
    }
  | { readonly type: 'coordinator-killed'; readonly at: number; readonly returnsAfter: number; readonly powerCut: boolean }
  | { readonly type: 'coordinator-stopped'; readonly at: number; readonly returnsAfter: number }
  | { readonly type: 'coordinator-frozen'; readonly at: number; readonly lasts: number }
  | {
      readonly type: 'stopped-at-operation';
      readonly operation: number;
      readonly moment: CrashMoment;
      readonly returnsAfter: number;
      readonly powerCut: boolean;
    }
  | { readonly type: 'clock-jumps'; readonly at: number; readonly process: string; readonly milliseconds: number }
  | { readonly type: 'calendar-set'; readonly at: number; readonly milliseconds: number }
  | { readonly type: 'disk-refuses'; readonly at: number; readonly reason: 'ENOSPC' | 'EROFS'; readonly lasts: number }
  | { readonly type: 'bit-flipped'; readonly at: number; readonly file: string };

/** Begins a sentence: what goes wrong at a time. */
export function at(milliseconds: number) {
  const begin = { at: milliseconds };
  return {
    worker: (worker: string) => ({
      isKilled: (then: { readonly returnsAfter: number }): Fault => ({ type: 'worker-killed', ...begin, worker, ...then }),
      freezes: (how: { readonly lasts: number }): Fault => ({ type: 'worker-frozen', ...begin, worker, ...how }),
      slowsDown: (how: { readonly factor: number; readonly lasts: number }): Fault => ({
        type: 'worker-slowed',
        ...begin,
        worker,
        ...how,
      }),
      failsComputing: (): Fault => ({ type: 'computing-fails', ...begin, worker }),
      isJoinedByItsTwin: (): Fault => ({ type: 'twin-joins', ...begin, worker }),
      lies: (how: { readonly lie: LieKind; readonly share: number; readonly lasts: number }): Fault => ({
        type: 'worker-lies',
        ...begin,
        worker,
        ...how,
      }),
      losesItsConnection: (): Fault => ({ type: 'connection-broken', ...begin, worker }),
      isCutOff: (how: { readonly lasts: number; readonly directions?: readonly Direction[] }): Fault => ({
        ...{ type: 'line-blocked', ...begin, worker, lasts: how.lasts },
        directions: how.directions ?? ['to-coordinator', 'to-worker'],
      }),
      hasAConfusedLine: (how: { readonly repeats: number; readonly swaps: number; readonly lasts: number }): Fault => ({
        ...{ type: 'line-confused', ...begin, worker, ...how },
      }),
      hasASlowLine: (how: { readonly delay: number; readonly lasts: number }): Fault => ({
        type: 'line-delayed',
        ...begin,
        worker,
        ...how,
      }),
      hasALineThatEchoes: (how: { readonly echoes: number; readonly lasts: number }): Fault => ({
        type: 'line-echoes',
        ...begin,
        worker,
        ...how,
      }),
    }),
    coordinator: {
      isKilled: (then: { readonly returnsAfter: number }): Fault => ({
        type: 'coordinator-killed',
        ...begin,
        ...then,
        powerCut: false,
      }),
      losesPower: (then: { readonly returnsAfter: number }): Fault => ({
        type: 'coordinator-killed',
        ...begin,
        ...then,
        powerCut: true,
      }),
      isStopped: (then: { readonly returnsAfter: number }): Fault => ({ type: 'coordinator-stopped', ...begin, ...then }),
      freezes: (how: { readonly lasts: number }): Fault => ({ type: 'coordinator-frozen', ...begin, ...how }),
    },
    clockOf: (process: string) => ({
      jumpsForward: (how: { readonly by: number }): Fault => ({ type: 'clock-jumps', ...begin, process, milliseconds: how.by }),
    }),
    calendar: { isSet: (how: { readonly by: number }): Fault => ({ type: 'calendar-set', ...begin, milliseconds: how.by }) },
    disk: {
      isFull: (how: { readonly lasts: number }): Fault => ({ type: 'disk-refuses', ...begin, reason: 'ENOSPC', ...how }),
      isReadOnly: (how: { readonly lasts: number }): Fault => ({ type: 'disk-refuses', ...begin, reason: 'EROFS', ...how }),
      flipsABitIn: (file: string): Fault => ({ type: 'bit-flipped', ...begin, file }),
    },
  };
}

/** The coordinator's machine stops before, amid or after its n-th operation on the disk. */
export function stopsAtOperation(
  operation: number,
  moment: CrashMoment,
  then: { readonly returnsAfter: number; readonly powerCut: boolean },
): Fault {
  return { type: 'stopped-at-operation', operation, moment, ...then };
}

const seconds = (milliseconds: number): string => {
  const size = Math.abs(milliseconds);
  if (size >= 3_600_000) return `${(milliseconds / 3_600_000).toFixed(1)} h`;
  return size >= 120_000 ? `${(milliseconds / 60_000).toFixed(1)} min` : `${(milliseconds / 1000).toFixed(2)} s`;
};

/** A fault as a sentence. */
export function describeFault(fault: Fault): string {
  if (fault.type === 'stopped-at-operation') {
    const what = fault.powerCut ? 'the coordinator loses power' : 'the coordinator is killed';
    return `${what} ${fault.moment} operation ${fault.operation} on its disk, and comes back ${seconds(fault.returnsAfter)} later`;
  }
  return `at ${seconds(fault.at)} ${sentence(fault)}`;
}

const lieSentences: Readonly<Record<LieKind, string>> = {
  zeros: 'it sends zeros',
  negated: 'it turns the signs',
  scaled: 'it sends half as much again',
  replayed: 'it sends the sums of another node',
  'non-finite': 'it says that they are not finite',
};

function sentence(fault: Exclude<Fault, { readonly type: 'stopped-at-operation' }>): string {
  switch (fault.type) {
    case 'worker-killed':
      return `${fault.worker} is killed, and comes back ${seconds(fault.returnsAfter)} later`;
    case 'worker-frozen':
      return `${fault.worker} freezes for ${seconds(fault.lasts)}`;
    case 'worker-slowed':
      return `${fault.worker} computes ${fault.factor.toFixed(1)} times as slowly for ${seconds(fault.lasts)}`;
    case 'computing-fails':
      return `a compute thread of ${fault.worker} fails`;
    case 'twin-joins':
      return `a copy of ${fault.worker} with the same id joins`;
    case 'worker-lies':
      return `${fault.worker} lies about tree nodes (${fault.share.toFixed(2)}) for ${seconds(fault.lasts)}: ${lieSentences[fault.lie]}`;
    case 'connection-broken':
      return `${fault.worker} loses its connection and what was on the way; the coordinator hears of it late`;
    case 'line-blocked':
      return `nothing goes ${fault.directions.join(' or ')} between ${fault.worker} and the coordinator for ${seconds(fault.lasts)}`;
    case 'line-confused':
      return `frames of ${fault.worker} come twice (${fault.repeats.toFixed(2)}) or out of order (${fault.swaps.toFixed(2)}) for ${seconds(fault.lasts)}`;
    case 'line-delayed':
      return `frames of ${fault.worker} take ${seconds(fault.delay)} longer for ${seconds(fault.lasts)}`;
    case 'line-echoes':
      return `contributions that ${fault.worker} has sent before come again (${fault.echoes.toFixed(2)}) for ${seconds(fault.lasts)}`;
    case 'coordinator-killed':
      return `the coordinator ${fault.powerCut ? 'loses power' : 'is killed'}, and comes back ${seconds(fault.returnsAfter)} later`;
    case 'coordinator-stopped':
      return `the coordinator is asked to stop, and is started again ${seconds(fault.returnsAfter)} after its end`;
    case 'coordinator-frozen':
      return `the coordinator freezes for ${seconds(fault.lasts)}`;
    case 'clock-jumps':
      return `the steady clock of ${fault.process} jumps forward by ${seconds(fault.milliseconds)}`;
    case 'calendar-set':
      return `the calendar is set by ${seconds(fault.milliseconds)}`;
    case 'disk-refuses':
      return `the disk is ${fault.reason === 'ENOSPC' ? 'full' : 'read-only'} for ${seconds(fault.lasts)}`;
    case 'bit-flipped':
      return `a bit of ${fault.file} flips on the disk`;
  }
}

/** When the last effect of a fault is over. */
export function endOf(fault: Fault): number {
  if (fault.type === 'stopped-at-operation') return fault.returnsAfter;
  const lasts = 'lasts' in fault ? fault.lasts : 'returnsAfter' in fault ? fault.returnsAfter : 0;
  return fault.at + lasts;
}
