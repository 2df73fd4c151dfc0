// The operations of a program under construction: shapes are inferred as they are appended, and identical operations are shared.

import type { Operation, Region, TensorSpecification } from './program.js';
import { ProgramError } from './program-error.js';
import { inferValue, type ValueInformation } from './values.js';

/** A growing list of operations, with the region that is open, if any. */
export class OperationList {
  readonly #inputs: TensorSpecification[] = [];
  readonly #regions: Region[] = [];
  readonly #operations: Operation[] = [];
  readonly #values: ValueInformation[] = [];
  readonly #known = new Map<string, number>();
  #region: number | undefined;

  get inputs(): readonly TensorSpecification[] {
    return this.#inputs;
  }

  get regions(): readonly Region[] {
    return this.#regions;
  }

  get operations(): readonly Operation[] {
    return this.#operations;
  }

  get values(): readonly ValueInformation[] {
    return this.#values;
  }

  /** Shape, space and stage of value `id`. */
  valueAt(id: number): ValueInformation {
    const value = this.#values[id];
    if (value === undefined) throw new RangeError(`Cannot find a value: index ${id} found, below ${this.#values.length} wanted`);
    return value;
  }

  /** Adds an input and gives its index. */
  addInput(input: TensorSpecification): number {
    if (this.#inputs.some(({ name }) => name === input.name)) {
      throw new RangeError(`Cannot add input: a second "${input.name}" found, distinct names wanted`);
    }
    return this.#inputs.push(input) - 1;
  }

  /** Appends an operation, or finds the same one, and gives its index. */
  append(operation: Operation): number {
    const placed = this.#region === undefined || !this.#isTimed(operation) ? operation : { ...operation, region: this.#region };
    // Two delays are two states, even where they look alike.
    const key = operation.op === 'delay' ? undefined : JSON.stringify(placed);
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    const index = this.#operations.length;
    this.#values.push(
      inferValue(placed, { program: { inputs: this.#inputs, regions: this.#regions }, values: this.#values, index }),
    );
    this.#operations.push(placed);
    if (key !== undefined) this.#known.set(key, index);
    return index;
  }

  /** Operations on parameters alone never belong to a region: they run once. */
  #isTimed(operation: Operation): boolean {
    if (operation.op === 'delay' || operation.op === 'expand') return true;
    return 'of' in operation && operation.of.some((operand) => this.#values[operand]?.space === 'sequence');
  }

  /** Opens a region for the operations that follow; call the result to close it. */
  openRegion(reverse: boolean): () => void {
    if (this.#region !== undefined) {
      throw new ProgramError('program-region', 'Cannot open a region: an open region found, none wanted');
    }
    const region = this.#regions.push({ reverse }) - 1;
    this.#region = region;
    return () => {
      const open = this.#operations.filter(
        (operation) => operation.op === 'delay' && operation.region === region && operation.of[0] < 0,
      );
      if (open.length > 0) {
        throw new ProgramError(
          'program-region',
          `Cannot close a region: ${open.length} states without successor found, none wanted`,
        );
      }
      this.#region = undefined;
    };
  }

  /** Gives the delay at `index` the value that it carries. */
  setDelayed(index: number, value: number): void {
    const operation = this.#operations[index];
    if (operation?.op !== 'delay') {
      throw new ProgramError('program-region', 'Cannot carry a state: a value that is not from prev found');
    }
    this.#operations[index] = { ...operation, of: [value] };
  }
}
