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

/** What the programs hold between two steps. */
export class SegmentMemory {
  readonly #programs: Programs;
  readonly #parameterCount: number;
  /** Parameters and state: the update's inputs, which hold them between two steps, and its results. */
  readonly #held: Tensors;
  readonly #results: Tensors;
  readonly #gradients: Tensors;
  readonly #lossWeight: Tensors;
  readonly #scalars: Tensors;
  readonly #metrics: Tensors;
  readonly #isInPlace: boolean;

  /** Throws RangeError where the update is not one of the parameters that the training program takes. */
  constructor(programs: Programs, layout: SegmentLayout) {
    checkTensors(programs, layout);
    const { inputs, outputs } = programs.update;
    const parameterCount = programs.train.inputs.length;
    const state = inputs.slice(2 * parameterCount + 1, inputs.length - layout.scalarCount);
    this.#programs = programs;
    this.#parameterCount = parameterCount;
    this.#held = [...inputs.slice(0, parameterCount), ...state];
    this.#results = outputs.slice(0, this.#held.length);
    this.#gradients = inputs.slice(parameterCount, 2 * parameterCount);
    this.#lossWeight = inputs.slice(2 * parameterCount, 2 * parameterCount + 1);
    this.#scalars = inputs.slice(inputs.length - layout.scalarCount);
    this.#metrics = outputs.slice(this.#held.length);
    this.#isInPlace = this.#held.every((input, index) => isSamePlace(input, this.#results[index]));
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
    copyAll(viewsOf(values, this.#held), this.#held);
    copyAll(this.#held, this.#programs.train.inputs);
  }

  /** Takes a step: its root sums, in the order of the training program's outputs, and the update's scalars. */
  update(sums: Tensors, scalars: Float32Array): UpdateOutcome {
    const { update } = this.#programs;
    copyAll(sums, this.#gradients);
    copyAll(sums.slice(-1), this.#lossWeight);
    for (const [index, scalar] of scalars.entries()) this.#scalars[index]?.fill(scalar);
    update.prepare();
    update.run(noSequences);
    const outcome = { isFinite: update.hasFiniteOutputs(), metrics: this.#metrics.flatMap((metric) => [...metric]) };
    if (!this.#isInPlace) {
      // One output may lie where another one's input does.
      const results = this.#results.map((output) => output.slice());
      copyAll(results, this.#held);
    }
    copyAll(this.#held, this.#programs.train.inputs);
    return outcome;
  }
}

/** What is known of an update beside the state it leaves. */
export interface UpdateOutcome {
  /** Whether state and metrics are. */
  readonly isFinite: boolean;
  readonly metrics: readonly number[];
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

/** Copies tensor by tensor, as many as `targets` has. */
function copyAll(sources: Tensors, targets: Tensors): void {
  for (const [index, target] of targets.entries()) {
    const source = sources[index];
    if (source !== undefined) target.set(source);
  }
}

/** Copies tensors one after the other. */
export function copyInto(target: Float32Array, tensors: Tensors): void {
  let offset = 0;
  for (const tensor of tensors) {
    target.set(tensor, offset);
    offset += tensor.length;
  }
}
