// What a model author holds while building a program: handles of values, and the state of a region.

/** A value of the program being built: a handle, its shape and its space. */
export interface Value {
  readonly id: number;
  readonly rows: number;
  readonly columns: number;
  readonly space: 'parameter' | 'sequence';
}

/** An operand: a value, or a number that becomes a constant. */
export type Operand = Value | number;

/** The threshold of `flush` in gradient and evaluation programs: 2^−51. */
export const gradientFlushExponent = -51;
/** The threshold of `flush` in update programs: 2^−100 (second moments are small). */
export const updateFlushExponent = -100;

/** How a builder treats small numbers. */
export interface BuilderOptions {
  readonly flushExponent?: number;
}

/** What `region` hands to its body: state that is carried from one time step to the next. */
export interface RegionScope {
  /** The state one time step ago, +0 before the first step; its successor is given with `set`. */
  prev(rows: number, columns: number): Value;
  set(previous: Value, next: Value): void;
}
