// Numbers of single sequences. A program's outputs are sums over a microbatch, so each sequence is picked out of the sum:
//   mask_n = 1 where a sequence's tag is that of sequence n, else 0        Σ_sequences mask_n · values = values of sequence n, exactly
// A tag is a pair of uniform numbers (46 bits) drawn after everything else in the program; whoever knows key and index draws it too. The task's own
// draws stay as they are, so these are the sequences of every evaluation.

import type { Floats } from '../tensor/index.js';
import {
  floatOf,
  numberLanes,
  threefry2x32,
  uniform,
  type Backend,
  type Key,
  type ProgramBuilder,
  type Value,
} from '../tensor/index.js';

/** Which sequences: 0 … sequenceCount − 1 of a key, and what computes them. */
export interface SequenceSource {
  readonly backend: Backend;
  readonly key: Key;
  /** A multiple of 16. */
  readonly sequenceCount: number;
}

/** Sequences of one run of the program, of whose number counts are multiples: more cost a wider mask, fewer cost more runs. */
export const sequenceGroup = 16;

/**
 * The values of every sequence, as f32, row by row: by sequence, then in the order of `values` (sequence-space values of the program being built).
 * `inputs` are the program's inputs so far. The builder is used up.
 */
export function evaluateEach(
  builder: ProgramBuilder,
  values: readonly Value[],
  inputs: Float32Array,
  { backend, key, sequenceCount }: SequenceSource,
): readonly (readonly Float32Array[])[] {
  if (sequenceCount < sequenceGroup || sequenceCount % sequenceGroup !== 0) {
    throw new RangeError(`Cannot evaluate sequences: ${sequenceCount} found, a positive multiple of ${sequenceGroup} wanted`);
  }
  const draw = outputMasked(builder, values);
  const executable = backend.compile(builder.build());
  const loaded = new Float32Array(executable.inputLength);
  loaded.set(inputs);
  return Array.from({ length: sequenceCount / sequenceGroup }, (_, group) => {
    const firstSequence = group * sequenceGroup;
    loaded.set(tagsOf(key, draw, firstSequence), inputs.length);
    executable.load(loaded);
    const sums: Floats = new Float32Array(executable.outputLength);
    executable.run({ key, firstSequence, sequenceCount: sequenceGroup }, sums);
    return rowsOf(sums, values);
  }).flat();
}

/** Adds the mask and an output [sequenceGroup, elements] for every value; gives the number of the tag's draw. */
function outputMasked(builder: ProgramBuilder, values: readonly Value[]): number {
  const tag = builder.uniform(1, 2);
  const operation = builder.operations[tag.id];
  if (operation?.op !== 'uniform')
    throw new RangeError(`Cannot tag sequences: ${operation?.op ?? 'nothing'} found, a draw wanted`);
  const [first, second] = ['tag/first', 'tag/second'].map((name) => builder.input(name, 1, sequenceGroup));
  const isSame = (column: number, wanted: Value): Value => builder.equal(builder.slice(tag, { column, columns: 1 }), wanted);
  const mask = builder.multiply(isSame(0, first!), isSame(1, second!));
  values.forEach((value, index) => {
    const ofSequence = value.space === 'sequence' ? value : builder.expand(value, value.rows, value.columns);
    const row = builder.reshape(ofSequence, 1, value.rows * value.columns);
    builder.output(`values/${index}`, builder.weightGradient(mask, row));
  });
  return operation.draw;
}

/** The tags of a group: first numbers, then second numbers. */
function tagsOf(key: Key, draw: number, firstSequence: number): Float32Array {
  const tags = new Float32Array(2 * sequenceGroup);
  for (let index = 0; index < sequenceGroup; index += 1) {
    threefry2x32(key, [firstSequence + index, draw]).forEach((word, half) => {
      tags[half * sequenceGroup + index] = floatOf(uniform(numberLanes, word));
    });
  }
  return tags;
}

/** The outputs of a group by sequence. */
function rowsOf(sums: Float32Array, values: readonly Value[]): readonly (readonly Float32Array[])[] {
  return Array.from({ length: sequenceGroup }, (_, sequence) => {
    let begin = 0;
    return values.map(({ rows, columns }) => {
      const length = rows * columns;
      const from = begin + sequence * length;
      begin += sequenceGroup * length;
      return sums.subarray(from, from + length);
    });
  });
}
