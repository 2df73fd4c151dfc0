// The diagonal recurrence and its decay: λ = exp(−exp ν), between 0 and 1 for every ν.

import { z } from 'zod';
import type { ProgramBuilder, Value } from '../../tensor/index.js';
import type { ParameterSpecification } from '../parameters.js';

/** Bounds of the initial λ. */
export const decayOption = z
  .strictObject({
    minimum: z.number().min(0).max(0.9999).default(0).describe('lower bound of the initial λ'),
    maximum: z.number().min(0.0001).max(0.9999).default(0.999).describe('upper bound of the initial λ'),
  })
  .refine(({ minimum, maximum }) => minimum <= maximum, { error: 'a minimum that is not above the maximum', path: ['minimum'] })
  .prefault({})
  .describe('initial recurrent decays: λ² is uniform between the squares of the bounds');

/** The last part of the name of every ν. */
const nuSuffix = '.nu';

/** Whether a parameter of this name is a ν. */
export const isNu = (name: string): boolean => name.endsWith(nuSuffix);

/** ν [1, size]. It never decays: λ = 1 and λ = 0 are both far away. */
export function decayParameter(name: string, size: number, bounds: z.output<typeof decayOption>): ParameterSpecification {
  return { name, rows: 1, columns: size, group: 'undecayed', initialization: { type: 'decay', ...bounds } };
}

/** h_t = λ ⊙ h_{t−1} + input_t.  ν: [1, n]   input: [T, n] */
export function applyDecay(builder: ProgramBuilder, nu: Value, input: Value): Value {
  return builder.scan(builder.exp(builder.negate(builder.exp(nu))), input);
}
