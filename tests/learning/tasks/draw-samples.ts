// Draws sequences of a task and gives means over many of them. Compiled, because they are many; the bits are the interpreter's.

import { wasmBackend } from '../../../backends/index.js';
import { bindTask, taskSchema, type Purpose, type Sample } from '../../../learning/index.js';
import { ProgramBuilder, type Value } from '../../../tensor/index.js';

export interface Drawing {
  readonly task: object;
  readonly purpose?: Purpose;
  readonly sequenceCount: number;
}

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
  executable.run({ key: [3, 5], firstSequence: 0, sequenceCount }, sums);
  return Array.from(sums, (sum) => sum / sequenceCount);
}
