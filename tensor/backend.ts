// What every backend offers: compile a program, run it on a microbatch.

import type { Program } from './program.js';

/** f32 values in memory that is not shared between threads. */
export type Floats = Float32Array<ArrayBuffer>;

/** A Threefry key: two unsigned 32-bit words, already folded over run seed, stream and step. */
export type Key = readonly [number, number];

/** Sequences [firstSequence, firstSequence + sequenceCount) of a step; the count is a multiple of 8. */
export interface Microbatch {
  readonly key: Key;
  readonly firstSequence: number;
  readonly sequenceCount: number;
}

/** For programs of parameter space alone (an optimizer's update). */
export const noSequences: Microbatch = { key: [0, 0], firstSequence: 0, sequenceCount: 0 };

/** A compiled program. It holds memory of its own; one caller at a time. */
export interface Executable {
  /** Lengths of the flat input and output vectors. */
  readonly inputLength: number;
  readonly outputLength: number;
  /**
   * Its memory of each input, in the program's order, to be written before `prepare`. What is there afterwards is not defined: other values
   * may lie there, and outputs, whose views then begin at the same byte.
   */
  readonly inputs: readonly Floats[];
  /** Its memory of each output, in the program's order, after `run` and until the next `prepare` or `load`. */
  readonly outputs: readonly Floats[];
  /** Computes what depends on the inputs alone. */
  prepare(): void;
  /** Copies the inputs in, as a whole or in consecutive parts of any lengths, and prepares. */
  load(...parts: readonly Float32Array[]): void;
  /** Computes the program's outputs for one microbatch, and copies them into `outputs` where that is given. */
  run(microbatch: Microbatch, outputs?: Float32Array): void;
  /** Whether every output of the last run is finite, decided on its bits; to be asked before the next load. */
  hasFiniteOutputs(): boolean;
}

/** A way to run programs. Every backend gives the same bits (docs/numerics.md). */
export interface Backend {
  readonly name: string;
  /** Compiles a validated program. */
  compile(program: Program): Executable;
}
