// What linear and softmax attention share: queries, keys and values, each a linear function of the layer's input; and heads, each of which
// attends with its own columns of them.

import { z } from 'zod';
import type { ProgramBuilder, Value } from '../../tensor/index.js';
import { ConfigurationError } from '../configuration-error.js';
import { weight, type ParameterSpecification } from '../parameters.js';
import { stackOptions, type LayerContext, type LayerShape } from './stack.js';

/** Options of an attention layer. */
export const attentionOptions = {
  keyDimension: z
    .int()
    .min(1)
    .max(4096)
    .nullable()
    .default(null)
    .describe("size of queries and keys; null: the size of the layer's input"),
  valueDimension: z
    .int()
    .min(1)
    .max(4096)
    .nullable()
    .default(null)
    .describe('size of values, followed by a linear readout; null: values are the outputs'),
  heads: z.int().min(1).max(64).default(1).describe('heads, which share keyDimension and the size of the values evenly'),
  ...stackOptions,
};

interface AttentionOptions {
  readonly heads: number;
  readonly initialGain: number;
  readonly keyDimension: number | null;
  readonly valueDimension: number | null;
}

/** W_Q, W_K [k, d], W_V [v, d] and, where values have a size of their own, a readout W_O [o, v]. */
export function attentionParameters(
  options: AttentionOptions,
  { prefix, inputs, outputs }: LayerShape,
): readonly ParameterSpecification[] {
  const keys = options.keyDimension ?? inputs;
  refuseUnevenHeads('keyDimension', keys, options.heads);
  refuseUnevenHeads('valueDimension', options.valueDimension ?? outputs, options.heads);
  return [
    weight(`${prefix}.query`, keys, inputs, options.initialGain),
    weight(`${prefix}.key`, keys, inputs, options.initialGain),
    weight(`${prefix}.value`, options.valueDimension ?? outputs, inputs, options.initialGain),
    ...(options.valueDimension === null
      ? []
      : [weight(`${prefix}.readout`, outputs, options.valueDimension, options.initialGain)]),
  ];
}

/** Queries (of the last token only, where no other output is wanted), keys and values. */
export interface Projections {
  readonly queries: Value;
  readonly keys: Value;
  readonly values: Value;
}

/** Projects, attends, reads out. */
export function applyAttention(
  options: AttentionOptions,
  { prefix, builder, parameter, input, positions }: LayerContext,
  attend: (projections: Projections) => Value,
): Value {
  const asking = positions === 'last' ? builder.row(input, input.rows - 1) : input;
  const projections = {
    queries: builder.matmul(asking, parameter(`${prefix}.query`)),
    keys: builder.matmul(input, parameter(`${prefix}.key`)),
    values: builder.matmul(input, parameter(`${prefix}.value`)),
  };
  const heads = Array.from({ length: options.heads }, (_, head) =>
    attend(headOf(builder, projections, { head, of: options.heads })),
  );
  const mixed = builder.concatenate(heads, 'columns');
  return options.valueDimension === null ? mixed : builder.matmul(mixed, parameter(`${prefix}.readout`));
}

/** A head's columns. */
function headOf(
  builder: ProgramBuilder,
  { queries, keys, values }: Projections,
  { head, of }: { readonly head: number; readonly of: number },
): Projections {
  const part = (x: Value): Value => builder.slice(x, { column: (head * x.columns) / of, columns: x.columns / of });
  return { queries: part(queries), keys: part(keys), values: part(values) };
}

function refuseUnevenHeads(name: string, size: number, heads: number): void {
  if (size % heads === 0) return;
  const message = `Cannot accept configuration: model.${name} of ${size} found, a multiple of ${heads} heads wanted`;
  throw new ConfigurationError('configuration-invalid', message);
}
