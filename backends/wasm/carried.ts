// What a kernel keeps in registers while it computes all time steps of some columns: states of scans and sums over time, which every step
// hands on, and operands that are the same at every step.

import type { Assembler } from './assembler.js';
import { type Cursors, immediateOf, type Place } from './place.js';
import type { Places } from './pointwise-places.js';

/** Locals by value, column and half of a group. */
export class Carried {
  readonly #assembler: Assembler;
  readonly #places: Places;
  readonly #cursors: Cursors;
  readonly #locals: number[] = [];
  readonly #carried = new Map<string, number>();

  constructor(assembler: Assembler, places: Places, cursors: Cursors) {
    this.#assembler = assembler;
    this.#places = places;
    this.#cursors = cursors;
  }

  /** The local of a value; undefined where it is in memory. */
  localOf(index: number, { column, half }: { readonly column: number; readonly half: number }): number | undefined {
    return this.#carried.get(keyOf(index, column, half));
  }

  /** Loads what is carried; the cursors stand at the first time step. */
  begin(columns: number): void {
    const { reads, states, batchSums } = this.#places;
    const steady = [...reads].filter(([, place]) => isSteady(place) && place.bits === undefined && place.window === undefined);
    for (let column = 0; column < columns; column++) {
      for (const [index, place] of batchSums) if (isSteady(place)) this.#load(index, place, { column, half: 0 });
      for (const [index, place] of [...states, ...steady]) {
        const first = this.#load(index, place, { column, half: 0 });
        if (place.splat) this.#carried.set(keyOf(index, column, 1), first);
        else this.#load(index, place, { column, half: 1 });
      }
    }
  }

  /** Stores what nobody else has stored: sums, and the last states where no others are kept. */
  end(columns: number): void {
    const { states, batchSums } = this.#places;
    for (const [index, place] of [...states, ...batchSums].filter(([, place]) => isSteady(place))) {
      for (let column = 0; column < columns; column++) {
        for (const half of [0, 1]) {
          const local = this.localOf(index, { column, half });
          if (local === undefined) continue;
          this.#cursors.push(place).get(local);
          this.#assembler.storeUnaligned(immediateOf(place, column) + half * 16);
        }
      }
    }
    this.#carried.clear();
  }

  #load(index: number, place: Place, { column, half }: { readonly column: number; readonly half: number }): number {
    const local = this.#locals[this.#carried.size] ?? this.#assembler.local('v128');
    this.#locals[this.#carried.size] = local;
    this.#carried.set(keyOf(index, column, half), local);
    const immediate = immediateOf(place, column);
    this.#cursors.push(place);
    if (place.splat) this.#assembler.loadSplat(immediate);
    else this.#assembler.loadUnaligned(immediate + half * 16);
    this.#assembler.set(local);
    return local;
  }
}

const keyOf = (index: number, column: number, half: number): string => `${index}/${column}/${half}`;

/** Whether a place is the same at all time steps. */
const isSteady = ({ rowStride }: Place): boolean => rowStride === 0;
