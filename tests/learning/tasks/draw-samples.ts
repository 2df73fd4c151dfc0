// Draws sequences of a task through the interpreter and gives means over many of them.

import { bindTask, taskSchema, type Purpose, type Sample } from '../../../learning/index.js';
import { interpreter, ProgramBuilder, type Value } from '../../../tensor/index.js';

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
  const executable = interpreter.compile(builder.build());
  executable.load(new Float32Array(0));
  const sums = new Float32Array(executable.outputLength);
  executable.run({ key: [3, 5], firstSequence: 0, sequenceCount }, sums);
  return Array.from(sums, (sum) => sum / sequenceCount);
}
