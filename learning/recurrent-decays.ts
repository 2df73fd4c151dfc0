// λ = exp(−exp ν) of every recurrent neuron, from the flat vector of parameters: how long a network remembers. In the paper's solution
// neurons with λ = 1 hold products of keys and values, those with λ = 0 the query (docs/paper.md, the construction).

import { decayOf } from './initialization.js';
import { isNu } from './models/decay.js';
import type { TrainingPlan } from './plan.js';

/** The decays of all layers, in the order of the parameters; undefined where the model has none. */
export function recurrentDecays(
  { names, shapes }: Omit<TrainingPlan['parameters'], 'initial'>,
  flat: Float32Array,
): readonly number[] | undefined {
  const decays: number[] = [];
  let begin = 0;
  for (const [index, name] of names.entries()) {
    const [rows, columns] = shapes[index] ?? [0, 0];
    const end = begin + rows * columns;
    if (isNu(name)) for (const nu of flat.subarray(begin, end)) decays.push(decayOf(nu));
    begin = end;
  }
  return decays.length === 0 ? undefined : decays;
}
