// Addresses as a kernel uses them: a local that moves with the loops (a cursor) plus a constant that costs nothing.

import type { Access, AccessMap } from './access.js';
import type { Assembler } from './assembler.js';
import type { Facts } from './facts.js';
import { type Graph, type Value, valueAt } from './graph.js';
import type { MemoryPlan } from './memory-plan.js';
import type { Kernel, Schedule } from './schedule.js';

/** Everything that is decided before code is emitted. */
export interface Emission {
  readonly graph: Graph;
  readonly map: AccessMap;
  readonly schedule: Schedule;
  readonly plan: MemoryPlan;
  /** Values that are kept for several groups of sequences. */
  readonly kept: ReadonlySet<number>;
  /** Sums over sequences that their reader adds up. */
  readonly directSums: ReadonlySet<number>;
  /** Time steps that one call of a kernel computes. */
  readonly rowsPerCall: ReadonlyMap<Kernel, number>;
  /** What lets work be left out; undefined where nothing is. */
  readonly facts: Facts | undefined;
}

/** Element (row, column) lies at address + row · rowStride + column · columnStride + slot · groupStride. */
export interface Place {
  readonly address: number;
  readonly rowStride: number;
  readonly columnStride: number;
  readonly groupStride: number;
  /** One f32 that every lane gets, instead of a vector. */
  readonly splat: boolean;
  /** Four lanes for each element, which are still to be added up. */
  readonly isSum?: boolean;
  /** Every element has these bits; nothing is in memory. */
  readonly bits?: number;
  readonly window?: { readonly first: number; readonly count: number };
}

/** The place of an access. */
export function placeOf({ graph, plan }: Emission, access: Access): Place {
  const { operation } = valueAt(graph, access.root);
  const base = plan.bases.get(access.root);
  const { rowStride, columnStride, splat } = access;
  const strides = { rowStride, columnStride, groupStride: plan.groupStrides.get(access.root) ?? 0, splat };
  const window = access.window === undefined ? {} : { window: access.window };
  if (operation.op === 'constant') return { address: 0, ...strides, bits: operation.bits, ...window };
  if (base === undefined) throw new TypeError(`Cannot address value ${access.root} (${operation.op}): it has no memory`);
  return { address: base + access.offset, ...strides, ...window };
}

/** The place of a value as sequences see it. */
export function sequencePlace(emission: Emission, value: number): Place {
  const access = emission.map.accesses.get(value);
  if (access === undefined) throw new TypeError(`Cannot address value ${value}: nothing is known of it`);
  return placeOf(emission, access);
}

/** The accumulators of a sum over sequences: a vector per element. */
export function accumulatorPlace({ plan }: Emission, { index, rows, columns }: Value): Place {
  const address = plan.accumulators.get(index) ?? 0;
  return {
    address,
    rowStride: rows === 1 ? 0 : columns * 16,
    columnStride: columns === 1 ? 0 : 16,
    groupStride: 0,
    splat: false,
  };
}

/** Locals of a kernel that say where it is. */
export interface Position {
  /** The number of the group among those that are kept. */
  readonly slot: number;
  readonly time: number;
  /** Undefined for column 0. */
  readonly column?: number;
}

/** One local for each way in which addresses move. */
export class Cursors {
  readonly #assembler: Assembler;
  readonly #cursors = new Map<string, { readonly local: number; readonly place: Place }>();

  constructor(assembler: Assembler, places: Iterable<Place>) {
    this.#assembler = assembler;
    for (const place of places) {
      if (place.bits === undefined && !this.#cursors.has(keyOf(place)))
        this.#cursors.set(keyOf(place), { local: assembler.local(), place });
    }
  }

  /** Pushes the address of the current element, all but `immediate` bytes of it. */
  push(place: Place): Assembler {
    const cursor = this.#cursors.get(keyOf(place));
    if (cursor === undefined) throw new TypeError('Cannot address an element: its cursor was not announced');
    return this.#assembler.get(cursor.local);
  }

  /** Sets all cursors to a position. */
  start({ slot, time, column }: Position): void {
    for (const { local, place } of this.#cursors.values()) {
      const code = this.#assembler.integer(Math.min(0, place.address));
      if (place.rowStride !== 0) code.get(time).integer(place.rowStride).emit('i32.mul', 'i32.add');
      if (place.columnStride !== 0 && column !== undefined)
        code.get(column).integer(place.columnStride).emit('i32.mul', 'i32.add');
      if (place.groupStride !== 0) code.get(slot).integer(place.groupStride).emit('i32.mul', 'i32.add');
      code.set(local);
    }
  }

  advanceColumns(count: number): void {
    for (const { local, place } of this.#cursors.values()) this.#assembler.advance(local, count * place.columnStride);
  }

  advanceRows(count: number): void {
    for (const { local, place } of this.#cursors.values()) this.#assembler.advance(local, count * place.rowStride);
  }
}

const keyOf = ({ address, rowStride, columnStride, groupStride }: Place): string =>
  [rowStride, columnStride, groupStride, Math.min(0, address)].join('/');

/** The constant part of an address; a negative one is the cursor's. */
export const immediateOf = (place: Place, columns = 0): number => Math.max(0, place.address) + columns * place.columnStride;
