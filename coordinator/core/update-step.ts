// One optimizer step: the update program's flat vectors are put together and taken apart by the names of their tensors.
//
//   (θ_t, state_t, Σ gradient, Σ loss weight, scalars_t) → (θ_{t+1}, state_{t+1}, metrics)

import { inputLayout, noSequences, outputLayout, type Executable, type Floats, type TensorPlace } from '../../tensor/index.js';
import type { RunPlan } from './run-plan.js';

/** What a run carries from step to step. */
export interface TrainingState {
  readonly parameters: Floats;
  readonly optimizerState: Floats;
}

/** The update of one step. */
export interface UpdateInput extends TrainingState {
  /** The root's sums, in the order of the train program's outputs. */
  readonly sums: Float32Array;
  readonly scalars: Float32Array;
}

/** What the update of one step gives. */
export interface UpdateResult extends TrainingState {
  readonly metrics: Readonly<Record<string, number>>;
}

type Source = 'parameters' | 'optimizerState' | 'sums' | 'scalars';

interface Copy {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

interface Gather extends Copy {
  readonly source: Source;
}

/** The tensors of the optimizer's state in their flat vector, by the names of the update program's inputs. */
export function stateLayout(plan: RunPlan): readonly TensorPlace[] {
  let offset = 0;
  return inputLayout(plan.updateProgram)
    .filter(({ name }) => name.startsWith('state/'))
    .map((tensor) => ({ ...tensor, offset: (offset += tensor.length) - tensor.length }));
}

/** A compiled update program with its vectors. */
export class UpdateStep {
  readonly #executable: Executable;
  readonly #inputs: Float32Array;
  readonly #outputs: Float32Array;
  readonly #gather: readonly Gather[];
  readonly #parameterPlaces: readonly Copy[];
  readonly #statePlaces: readonly Copy[];
  readonly #metrics: readonly TensorPlace[];

  constructor(plan: RunPlan, executable: Executable) {
    this.#executable = executable;
    this.#inputs = new Float32Array(executable.inputLength);
    this.#outputs = new Float32Array(executable.outputLength);
    const parameters = inputLayout(plan.trainProgram);
    const state = stateLayout(plan);
    const outputs = outputLayout(plan.updateProgram);
    this.#gather = gatherInputs(plan, parameters, state);
    this.#parameterPlaces = placesIn(outputs, parameters, 'parameter/');
    this.#statePlaces = placesIn(outputs, state, '');
    this.#metrics = outputs.filter(({ name }) => name.startsWith('metric/'));
  }

  /** The state after a step. The result is memory of its own. */
  apply(input: UpdateInput): UpdateResult {
    for (const { source, from, to, length } of this.#gather) {
      this.#inputs.set(input[source].subarray(from, from + length), to);
    }
    this.#executable.load(this.#inputs);
    this.#executable.run(noSequences, this.#outputs);
    const metrics = this.#metrics.map(
      ({ name, offset }) => [name.slice('metric/'.length), this.#outputs[offset] ?? NaN] as const,
    );
    return {
      parameters: this.#take(this.#parameterPlaces, input.parameters.length),
      optimizerState: this.#take(this.#statePlaces, input.optimizerState.length),
      metrics: Object.fromEntries(metrics),
    };
  }

  #take(places: readonly Copy[], length: number): Floats {
    const vector = new Float32Array(length);
    for (const place of places) vector.set(this.#outputs.subarray(place.from, place.from + place.length), place.to);
    return vector;
  }
}

/** Where each input of the update program comes from; what is neither parameter, sum nor state is the next scalar. */
function gatherInputs(plan: RunPlan, parameters: readonly TensorPlace[], state: readonly TensorPlace[]): readonly Gather[] {
  const sources: readonly (readonly [Source, readonly TensorPlace[]])[] = [
    ['parameters', parameters],
    ['sums', outputLayout(plan.trainProgram)],
    ['optimizerState', state],
  ];
  let scalarCount = 0;
  return inputLayout(plan.updateProgram).map(({ name, offset: to, length }) => {
    for (const [source, tensors] of sources) {
      const tensor = tensors.find((candidate) => candidate.name === name);
      if (tensor === undefined) continue;
      if (tensor.length !== length) throw mismatched(name, tensor.length, length);
      return { source, from: tensor.offset, to, length };
    }
    if (length !== 1) throw mismatched(name, length, 1);
    return { source: 'scalars', from: scalarCount++, to, length };
  });
}

/** From the update program's outputs into a vector of these tensors. */
function placesIn(outputs: readonly TensorPlace[], tensors: readonly TensorPlace[], prefix: string): readonly Copy[] {
  return tensors.map(({ name, offset: to, length }) => {
    const output = outputs.find((candidate) => candidate.name === prefix + name);
    if (output?.length !== length) throw mismatched(prefix + name, output?.length ?? 0, length);
    return { from: output.offset, to, length };
  });
}

function mismatched(name: string, found: number, wanted: number): RangeError {
  return new RangeError(`Cannot wire update program: '${name}' has ${found} elements, wanted ${wanted}`);
}
