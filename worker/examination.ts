// A device beside the interpreter, operation by operation: which bits differ, by how much, and the class that follows.
//
//   exact      every operation and the whole program have the interpreter's bits
//   tolerant   every operation is within 8 units in the last place, gradients within a relative L2 distance of 1e-5
//   unfit      anything else

import { bitsOf, interpreter, isNonFinite, type DeviceBackend, type Floats, type Program } from '../tensor/index.js';
import { conformanceCases, runFixed, runFixedOnDevice } from './conformance.js';
import { proofProgram } from './proof-program.js';
import { caseSequences, proofSequences } from './proof.js';

/** What a device may do for a run. */
export type ArithmeticClass = 'exact' | 'tolerant' | 'unfit';

/** An operation on fixed inputs. */
export interface ExaminedOperation {
  readonly name: string;
  /** Results that have other bits than the interpreter's, of so many. */
  readonly differingCount: number;
  readonly count: number;
  /** The largest distance in units in the last place; Infinity where a result is not finite. */
  readonly mostUlps: number;
}

/** A device, examined. */
export interface Examination {
  readonly class: ArithmeticClass;
  readonly operations: readonly ExaminedOperation[];
  /** ‖found − wanted‖ / ‖wanted‖ over losses and gradients of a whole program. */
  readonly programDistance: number;
  readonly isProgramEqual: boolean;
}

const tolerantUlps = 8;
const tolerantDistance = 1e-5;

/** Runs every operation and a whole program on a device and on the interpreter. Rejects where the device fails. */
export async function examine(device: DeviceBackend): Promise<Examination> {
  const operations: ExaminedOperation[] = [];
  for (const { name, program } of conformanceCases()) {
    const { found, wanted } = await runBoth(device, program, caseSequences);
    operations.push({ name, ...compare(found, wanted) });
  }
  const { found, wanted } = await runBoth(device, proofProgram(), proofSequences);
  const programDistance = relativeDistance(found, wanted);
  const isProgramEqual = compare(found, wanted).differingCount === 0;
  const isExact = isProgramEqual && operations.every(({ differingCount }) => differingCount === 0);
  const isTolerant = programDistance <= tolerantDistance && operations.every(({ mostUlps }) => mostUlps <= tolerantUlps);
  return { class: isExact ? 'exact' : isTolerant ? 'tolerant' : 'unfit', operations, programDistance, isProgramEqual };
}

interface Both {
  readonly found: Floats;
  readonly wanted: Floats;
}

async function runBoth(device: DeviceBackend, program: Program, sequenceCount: number): Promise<Both> {
  const found = await runFixedOnDevice(device, program, sequenceCount);
  return { found, wanted: runFixed(interpreter, program, sequenceCount) };
}

function compare(found: Floats, wanted: Floats): Omit<ExaminedOperation, 'name'> {
  let [differingCount, mostUlps] = [0, 0];
  for (const [index, value] of wanted.entries()) {
    const other = found[index] ?? Number.NaN;
    if (bitsOf(other) === bitsOf(value)) continue;
    differingCount += 1;
    mostUlps = Math.max(mostUlps, ulpsBetween(other, value));
  }
  return { differingCount, count: wanted.length, mostUlps };
}

/** How many f32 lie between two, the second one counted; +0 and −0 are one apart. */
export function ulpsBetween(a: number, b: number): number {
  const [p, q] = [bitsOf(a), bitsOf(b)];
  if (isNonFinite(p) || isNonFinite(q)) return p === q ? 0 : Infinity;
  return Math.abs(place(p) - place(q));
}

/** f32 in ascending order, as integers: −0 is −1, +0 is 0. */
const place = (bits: number): number => (bits >= 0x8000_0000 ? 0x7fff_ffff - bits : bits);

function relativeDistance(found: Floats, wanted: Floats): number {
  let [distance, norm] = [0, 0];
  for (const [index, value] of wanted.entries()) {
    distance += ((found[index] ?? Number.NaN) - value) * ((found[index] ?? Number.NaN) - value);
    norm += value * value;
  }
  const relative = Math.sqrt(distance / norm);
  return Number.isFinite(relative) ? relative : Infinity;
}
