// The interpreter: runs a program operation by operation, sequence by sequence. It defines every result to the last bit.

import type { Backend, Executable, Floats, Microbatch } from '../backend.js';
import { isFiniteBits } from '../float-bits.js';
import { inputLength, outputLayout, outputLength } from '../layout.js';
import type { Operation, Program, SinkOperation } from '../program.js';
import { inferValues, type ValueInformation } from '../values.js';
import { execute } from './execute.js';
import { createMatrix, type Matrix } from './matrix.js';
import { addGroup, createAccumulators, finish } from './sinks.js';

const isSink = (operation: Operation): operation is SinkOperation & { readonly region?: number } =>
  operation.op === 'weightGradient' || operation.op === 'batchSum';

/** The reference backend. */
export const interpreter: Backend = {
  name: 'interpreter',
  compile: (program) => new Interpretation(program),
};

class Interpretation implements Executable {
  readonly inputLength: number;
  readonly outputLength: number;
  readonly inputs: readonly Floats[];
  readonly outputs: readonly Floats[];
  readonly #program: Program;
  readonly #values: readonly ValueInformation[];
  readonly #inputs: readonly Matrix[];
  /** Results of parameter space, by operation. */
  readonly #parameters = new Map<number, Matrix>();
  readonly #body: readonly (readonly number[])[];

  constructor(program: Program) {
    this.#program = program;
    this.#values = inferValues(program);
    this.#inputs = program.inputs.map(({ rows, columns }) => createMatrix(rows, columns));
    this.#body = bodyBlocks(this.#values);
    this.inputs = this.#inputs.map(({ data }) => data);
    this.outputs = outputLayout(program).map(({ length }) => new Float32Array(length));
    this.inputLength = inputLength(program);
    this.outputLength = outputLength(program);
  }

  load(...parts: readonly Float32Array[]): void {
    const inputs = joinInputs(parts, this.inputLength);
    let offset = 0;
    for (const input of this.inputs) {
      input.set(inputs.subarray(offset, offset + input.length));
      offset += input.length;
    }
    this.prepare();
  }

  prepare(): void {
    this.#runStage('prologue');
  }

  run(microbatch: Microbatch, outputs?: Float32Array): void {
    if (microbatch.sequenceCount % 8 !== 0) {
      throw new RangeError(`Cannot run microbatch: ${microbatch.sequenceCount} sequences found, a multiple of 8 wanted`);
    }
    if (outputs !== undefined && outputs.length !== this.outputLength) {
      throw new RangeError(`Cannot run microbatch: ${outputs.length} output elements found, ${this.outputLength} wanted`);
    }
    const sinks = this.#program.operations.flatMap((operation, id) => {
      const { rows, columns } = this.#information(id);
      return isSink(operation) ? [{ operation, id, rows, columns, sums: createAccumulators(rows * columns) }] : [];
    });
    for (let first = 0; first < microbatch.sequenceCount; first += 8) {
      const group = Array.from({ length: 8 }, (_, index) =>
        this.#runSequence(microbatch, microbatch.firstSequence + first + index),
      );
      const valueOf = (sequence: number, id: number): Matrix => this.#value(id, group[sequence]);
      for (const { operation, sums } of sinks) addGroup(operation, sums, valueOf);
    }
    for (const { id, rows, columns, sums } of sinks) {
      const result = createMatrix(rows, columns);
      finish(sums, result);
      this.#parameters.set(id, result);
    }
    this.#runStage('epilogue');
    this.#program.outputs.forEach(({ value }, index) => this.outputs[index]?.set(this.#value(value).data));
    if (outputs !== undefined) this.#write(outputs);
  }

  hasFiniteOutputs(): boolean {
    return this.#program.outputs.every(({ value }) => isFiniteBits(this.#value(value).data));
  }

  #information(id: number): ValueInformation {
    const value = this.#values[id];
    if (value === undefined) throw new RangeError(`Cannot interpret: no value ${id} found`);
    return value;
  }

  #value(id: number, sequence?: ReadonlyMap<number, Matrix>): Matrix {
    const value = sequence?.get(id) ?? this.#parameters.get(id);
    if (value === undefined) throw new RangeError(`Cannot interpret: value ${id} is not computed yet`);
    return value;
  }

  #runStage(stage: 'prologue' | 'epilogue'): void {
    this.#program.operations.forEach((operation, id) => {
      const { rows, columns, ...value } = this.#information(id);
      if (value.stage !== stage || isSink(operation)) return;
      const result = createMatrix(rows, columns);
      execute(operation, {
        operand: (operand) => this.#value(operand),
        input: (index) => this.#inputs[index] ?? createMatrix(0, 0),
        key: [0, 0],
        sequence: 0,
        result,
        rows: { from: 0, to: rows },
        delayOffset: 0,
      });
      this.#parameters.set(id, result);
    });
  }

  #runSequence({ key }: Microbatch, sequence: number): ReadonlyMap<number, Matrix> {
    const values = new Map<number, Matrix>();
    for (const block of this.#body) {
      for (const id of block) {
        const { rows, columns } = this.#information(id);
        values.set(id, createMatrix(rows, columns));
      }
      const run = (id: number, rows: { readonly from: number; readonly to: number }, delayOffset: number): void => {
        const operation = this.#program.operations[id];
        if (operation === undefined || isSink(operation)) return;
        const input = (): Matrix => createMatrix(0, 0);
        execute(operation, {
          operand: (operand) => this.#value(operand, values),
          input,
          key,
          sequence,
          result: this.#value(id, values),
          rows,
          delayOffset,
        });
      };
      this.#runBlock(block, run);
    }
    return values;
  }

  #runBlock(block: readonly number[], run: (id: number, rows: { from: number; to: number }, delayOffset: number) => void): void {
    const { region, rows } = this.#information(block[0] ?? -1);
    if (region === undefined) return block.forEach((id) => run(id, { from: 0, to: this.#information(id).rows }, 0));
    const reverse = this.#program.regions[region]?.reverse ?? false;
    for (let step = 0; step < rows; step += 1) {
      const t = reverse ? rows - 1 - step : step;
      for (const id of block) run(id, { from: t, to: t + 1 }, reverse ? 1 : -1);
    }
  }

  #write(outputs: Float32Array): void {
    let offset = 0;
    for (const output of this.outputs) {
      outputs.set(output, offset);
      offset += output.length;
    }
  }
}

/** The body's operations in blocks: single operations, and regions as a whole. */
function bodyBlocks(values: readonly ValueInformation[]): readonly (readonly number[])[] {
  const blocks: number[][] = [];
  let open: number | undefined;
  values.forEach(({ stage, region }, id) => {
    if (stage !== 'body') return;
    const block = blocks.at(-1);
    if (region !== undefined && region === open && block !== undefined) block.push(id);
    else blocks.push([id]);
    open = region;
  });
  return blocks;
}

function joinInputs(parts: readonly Float32Array[], wanted: number): Float32Array {
  const found = parts.reduce((sum, { length }) => sum + length, 0);
  if (found !== wanted) throw new RangeError(`Cannot load inputs: ${found} elements found, ${wanted} wanted`);
  const inputs = new Float32Array(wanted);
  let offset = 0;
  for (const part of parts) {
    inputs.set(part, offset);
    offset += part.length;
  }
  return inputs;
}
