// λ = exp(−exp ν) of every recurrent neuron, from the flat vector of parameters: how long a network remembers. In the paper's solution
// neurons with λ = 1 hold products of keys and values, those with λ = 0 the query (docs/paper.md, the construction).

import { decayOf } from './initialization.js';
import { isNu } from './models/decay.js';
import { namedViews } from './parameters.js';
import type { TrainingPlan } from './plan.js';

/** The decays of all layers, in the order of the parameters; undefined where the model has none. */
export function recurrentDecays(
  { names, shapes }: Omit<TrainingPlan['parameters'], 'initial'>,
  flat: Float32Array,
): readonly number[] | undefined {
  const tensors = names.map((name, index) => ({ name, rows: shapes[index]?.[0] ?? 0, columns: shapes[index]?.[1] ?? 0 }));
  const decays = [...namedViews(tensors, flat)].flatMap(([name, nu]) => (isNu(name) ? Array.from(nu, decayOf) : []));
  return decays.length === 0 ? undefined : decays;
}
