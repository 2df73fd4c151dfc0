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
  /** Copies the inputs in, as a whole or in consecutive parts of any lengths, and computes what depends on them alone. */
  load(...parts: readonly Float32Array[]): void;
  /** Computes the program's outputs for one microbatch into `outputs`. */
  run(microbatch: Microbatch, outputs: Float32Array): void;
  /** Whether every output of the last run is finite, decided on its bits; to be asked before the next load. */
  hasFiniteOutputs(): boolean;
}

/** A way to run programs. Every backend gives the same bits (docs/numerics.md). */
export interface Backend {
  readonly name: string;
  /** Compiles a validated program. */
  compile(program: Program): Executable;
}
