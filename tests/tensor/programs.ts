// Programs for the tests of tensor/, and running them on the interpreter.

import {
  interpreter,
  outputLayout,
  ProgramBuilder,
  type BuilderOptions,
  type Microbatch,
  type Program,
} from '../../tensor/index.js';

/** The program that `author` writes. */
export function programOf(author: (builder: ProgramBuilder) => void, options: BuilderOptions = {}): Program {
  const builder = new ProgramBuilder(options);
  author(builder);
  return builder.build();
}

/** Eight sequences, the fewest that a microbatch can have. */
export const eight: Microbatch = { key: [3, 5], firstSequence: 0, sequenceCount: 8 };

/** The outputs of a program by name, as the interpreter computes them. */
export function interpret(
  program: Program,
  inputs: readonly number[] = [],
  microbatch: Microbatch = eight,
): Readonly<Record<string, readonly number[]>> {
  const executable = interpreter.compile(program);
  const outputs = new Float32Array(executable.outputLength);
  executable.load(Float32Array.from(inputs));
  executable.run(microbatch, outputs);
  return Object.fromEntries(
    outputLayout(program).map(({ name, offset, length }) => [name, [...outputs.subarray(offset, offset + length)]]),
  );
}

/** The program as JSON that a test may change as it likes. */
export const editable = (program: Program): Record<string, unknown> =>
  JSON.parse(JSON.stringify(program)) as Record<string, unknown>;
