// The program of a parameter update, in parameter space alone.
//   g = Σ gradient / loss weight   norm = ‖g‖ over all parameters   g ← g · clip / max(norm, clip)   then the optimizer
// Inputs: <parameter> …, gradient/<parameter> …, lossWeight, state/<name>/<parameter> …, learningRate, the optimizer's scalars.
// Outputs: parameter/<parameter> …, state/<name>/<parameter> …, metric/gradientNorm (before clipping).

import { ProgramBuilder, updateFlushExponent, type Program, type TensorSpecification, type Value } from '../tensor/index.js';
import type { BoundOptimizer } from './optimizers/index.js';
import type { ParameterSpecification } from './parameters.js';

/** What an update program is made of. */
export interface UpdateOptions {
  readonly optimizer: BoundOptimizer;
  /** Largest global norm of the gradient; null: none. */
  readonly clip: number | null;
}

/** The optimizer's state tensors: for every name one per parameter, zero at the beginning. */
export function stateSpecifications(
  parameters: readonly ParameterSpecification[],
  optimizer: BoundOptimizer,
): readonly TensorSpecification[] {
  return optimizer.stateNames.flatMap((state) =>
    parameters.map(({ name, rows, columns }) => ({ name: `state/${state}/${name}`, rows, columns })),
  );
}

/** The update program of parameters and an optimizer. */
export function buildUpdateProgram(parameters: readonly ParameterSpecification[], { optimizer, clip }: UpdateOptions): Program {
  const builder = new ProgramBuilder({ flushExponent: updateFlushExponent });
  const input = ({ name, rows, columns }: TensorSpecification): Value => builder.input(name, rows, columns);
  const scalar = (name: string): Value => builder.input(name, 1, 1);
  const values = parameters.map(input);
  const sums = parameters.map(({ name, rows, columns }) => builder.input(`gradient/${name}`, rows, columns));
  const lossWeight = scalar('lossWeight');
  const state = stateSpecifications(parameters, optimizer).map(input);
  const learningRate = scalar('learningRate');
  const scalars = optimizer.scalarNames.map(scalar);

  const gradients = sums.map((sum) => builder.divide(sum, lossWeight));
  const norm = globalNorm(builder, gradients);
  const scale = clip === null ? undefined : builder.divide(clip, builder.maximum(norm, clip));
  const updates = parameters.map(({ group }, index) => {
    const gradient = gradients[index]!;
    return optimizer.update({
      builder,
      parameter: values[index]!,
      group,
      gradient: scale === undefined ? gradient : builder.multiply(gradient, scale),
      state: optimizer.stateNames.map((_, kind) => state[kind * parameters.length + index]!),
      learningRate,
      scalars,
    });
  });
  parameters.forEach(({ name }, index) => builder.output(`parameter/${name}`, updates[index]!.parameter));
  optimizer.stateNames.forEach((stateName, kind) => {
    parameters.forEach(({ name }, index) => builder.output(`state/${stateName}/${name}`, updates[index]!.state[kind]!));
  });
  builder.output('metric/gradientNorm', norm);
  return builder.build();
}

/** √ Σ g² over all gradients. */
function globalNorm(builder: ProgramBuilder, gradients: readonly Value[]): Value {
  const squares = gradients.map((gradient) => builder.total(builder.square(builder.flush(gradient))));
  return builder.sqrt(squares.reduce((sum, square) => builder.add(sum, square)));
}
