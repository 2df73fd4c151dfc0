// Draws sequences of a task and gives means over many of them, compiled, because they are many; or one of them, number by number.

import { wasmBackend } from '../../../backends/index.js';
import { bindTask, taskSchema, type Purpose, type Sample } from '../../../learning/index.js';
import { interpreter, outputLayout, ProgramBuilder, threefry2x32, type Key, type Value } from '../../../tensor/index.js';

export interface Drawing {
  readonly task: object;
  readonly purpose?: Purpose;
  readonly sequenceCount: number;
}

const key: Key = [3, 5];

/** The mean over sequences of what `measure` makes of a sample, row by row. */
export function meanOf(
  { task, purpose = 'train', sequenceCount }: Drawing,
  measure: (builder: ProgramBuilder, sample: Sample) => Value,
): number[] {
  const builder = new ProgramBuilder();
  const sample = bindTask(taskSchema.parse(task)).sample(builder, purpose);
  builder.output('measured', builder.batchSum(measure(builder, sample), true));
  const executable = wasmBackend.compile(builder.build());
  executable.load(new Float32Array(0));
  const sums = new Float32Array(executable.outputLength);
  executable.run({ key, firstSequence: 0, sequenceCount }, sums);
  return Array.from(sums, (sum) => sum / sequenceCount);
}

export type Table = readonly (readonly number[])[];

/**
 * The values that one sequence (0 … 7) draws, exactly. Programs give sums over sequences alone, so each sequence draws a number of its own first, and
 * only the one whose number is that of `sequence` counts.
 */
export function drawnBy<Name extends string>(
  sequence: number,
  draw: (builder: ProgramBuilder) => Readonly<Record<Name, Value>>,
): Readonly<Record<Name, Table>> {
  const builder = new ProgramBuilder();
  const own = builder.uniform(1, 1);
  const isAsked = builder.equal(own, ((threefry2x32(key, [sequence, 0])[0] >>> 9) + 0.5) / 2 ** 23);
  for (const [name, value] of Object.entries<Value>(draw(builder))) {
    builder.output(name, builder.batchSum(builder.select(isAsked, value, 0), true));
  }
  builder.output('asked', builder.batchSum(isAsked));
  const program = builder.build();
  const executable = interpreter.compile(program);
  executable.load(new Float32Array(0));
  const sums = new Float32Array(executable.outputLength);
  executable.run({ key, firstSequence: 0, sequenceCount: 8 }, sums);
  const drawn: Record<string, Table> = {};
  for (const { name, rows, columns, offset } of outputLayout(program)) {
    drawn[name] = Array.from({ length: rows }, (_, t) =>
      Array.from(sums.subarray(offset + t * columns, offset + (t + 1) * columns)),
    );
  }
  if (drawn['asked']?.[0]?.[0] !== 1) throw new Error('not exactly one sequence was asked for');
  return drawn as Readonly<Record<Name, Table>>;
}
