// The memory of a segment's two programs. Parameters and gradients go from one program's memory straight into the other's; parameters and
// state stay where they are if an update's output lies where its input does. With P parameter tensors and S tensors of state:
//
//   train    inputs    P parameters
//            outputs   P gradients, loss, loss weight
//   update   inputs    P parameters, P gradients, loss weight, S of state, scalars
//            outputs   P parameters, S of state, metrics

import type { SegmentLayout } from '../protocol/index.js';
import { noSequences, type Executable, type Floats } from '../tensor/index.js';

type Programs = Readonly<Record<'train' | 'update', Executable>>;
type Tensors = readonly Floats[];
/** Source and target. */
type Copies = readonly (readonly [Floats, Floats])[];

/** What the programs hold between two steps. A step makes no objects: they would be collected beside the kernels. */
export class SegmentMemory {
  /** Metrics of the last update, in the order of its outputs. */
  readonly metrics: number[];
  readonly #programs: Programs;
  readonly #parameterCount: number;
  /** Parameters and state: the update's inputs, which hold them between two steps, and its results. */
  readonly #held: Tensors;
  readonly #results: Tensors;
  readonly #scalars: Tensors;
  readonly #metrics: Tensors;
  readonly #isInPlace: boolean;
  /** From the step's sums to the update, and from the update to the training program. */
  readonly #sumCopies: Copies;
  readonly #parameterCopies: Copies;

  /**
   * `sums` has a step's root sums, in the order of the training program's outputs. Throws RangeError where the update is not one of the
   * parameters that the training program takes.
   */
  constructor(programs: Programs, layout: SegmentLayout, sums: Tensors) {
    checkTensors(programs, layout);
    const { inputs, outputs } = programs.update;
    const parameterCount = programs.train.inputs.length;
    const state = inputs.slice(2 * parameterCount + 1, inputs.length - layout.scalarCount);
    this.#programs = programs;
    this.#parameterCount = parameterCount;
    this.#held = [...inputs.slice(0, parameterCount), ...state];
    this.#results = outputs.slice(0, this.#held.length);
    this.#scalars = inputs.slice(inputs.length - layout.scalarCount);
    this.#metrics = outputs.slice(this.#held.length);
    this.#isInPlace = this.#held.every((input, index) => isSamePlace(input, this.#results[index]));
    const [gradients, lossWeight] = [sums.slice(0, parameterCount), sums.slice(-1)];
    this.#sumCopies = copies([...gradients, ...lossWeight], inputs.slice(parameterCount, 2 * parameterCount + 1));
    this.#parameterCopies = copies(this.#held, programs.train.inputs);
    this.metrics = this.#metrics.map(() => Number.NaN);
  }

  /** The parameters, one after the other. */
  copyParameters(target: Float32Array): void {
    copyInto(target, this.#held.slice(0, this.#parameterCount));
  }

  /** Parameters and state, one after the other. */
  copyState(target: Float32Array): void {
    copyInto(target, this.#held);
  }

  /** Begins with parameters and state, one after the other. */
  begin(values: Floats): void {
    copyAll(copies(viewsOf(values, this.#held), this.#held));
    copyAll(this.#parameterCopies);
  }

  /** Takes a step by its sums and by the update's scalars, which begin at `offset`. Whether state and metrics are finite. */
  update(scalars: Float32Array, offset: number): boolean {
    const { update } = this.#programs;
    copyAll(this.#sumCopies);
    for (let index = 0; index < this.#scalars.length; index++) setNumber(this.#scalars[index], scalars[offset + index]);
    update.prepare();
    update.run(noSequences);
    const isFinite = update.hasFiniteOutputs();
    for (let index = 0; index < this.metrics.length; index++) this.metrics[index] = numberOf(this.#metrics[index]);
    // One output may lie where another one's input does.
    if (!this.#isInPlace) {
      const results = this.#results.map((output) => output.slice());
      copyAll(copies(results, this.#held));
    }
    copyAll(this.#parameterCopies);
    return isFinite;
  }
}

/** The number of a tensor of one. */
export const numberOf = (tensor: Floats | undefined): number => tensor?.[0] ?? Number.NaN;

function setNumber(tensor: Float32Array | undefined, value = Number.NaN): void {
  if (tensor !== undefined) tensor[0] = value;
}

function checkTensors({ train, update }: Programs, { scalarCount, metricCount }: SegmentLayout): void {
  const parameters = lengthsOf(train.inputs);
  const state = lengthsOf(update.inputs.slice(2 * parameters.length + 1, Math.max(0, update.inputs.length - scalarCount)));
  const numbers = (count: number): readonly number[] => Array.from({ length: count }, () => 1);
  const pairs: readonly (readonly [Tensors, readonly number[]])[] = [
    [train.outputs, [...parameters, ...numbers(2)]],
    [update.inputs, [...parameters, ...parameters, 1, ...state, ...numbers(scalarCount)]],
    [update.outputs, [...parameters, ...state, ...numbers(metricCount)]],
  ];
  for (const [tensors, wanted] of pairs) {
    const found = lengthsOf(tensors).join(' ');
    if (found === wanted.join(' ')) continue;
    throw new RangeError(`Cannot compute segment: tensors of ${found} numbers found, ${wanted.join(' ')} wanted`);
  }
}

const lengthsOf = (tensors: Tensors): readonly number[] => tensors.map(({ length }) => length);

const isSamePlace = (a: Floats, b: Floats | undefined): boolean => a.buffer === b?.buffer && a.byteOffset === b.byteOffset;

/** A flat vector as tensors like these. */
export function viewsOf(values: Floats, like: Tensors): Tensors {
  let offset = 0;
  return like.map(({ length }) => {
    offset += length;
    return values.subarray(offset - length, offset);
  });
}

/** Pairs tensor by tensor, as many as `targets` has. */
const copies = (sources: Tensors, targets: Tensors): Copies =>
  targets.flatMap((target, index): Copies => {
    const source = sources[index];
    return source === undefined ? [] : [[source, target]];
  });

function copyAll(pairs: Copies): void {
  for (const [source, target] of pairs) target.set(source);
}

/** Copies tensors one after the other. */
export function copyInto(target: Float32Array, tensors: Tensors): void {
  let offset = 0;
  for (const tensor of tensors) {
    target.set(tensor, offset);
    offset += tensor.length;
  }
}
