// What executables of this thread promise beside the bits of their results (tensor/backend.ts).

import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { interpreter, noSequences, ProgramBuilder, type Executable, type Floats, type Program } from '../../tensor/index.js';

/** Outputs of 15, 1 and 42 elements, each one input element times 2: in vectors, in fours of them, and some that are left. */
const shapes = [
  ['a', 3, 5],
  ['b', 1, 1],
  ['c', 6, 7],
] as const;
const length = 58;

function doubling() {
  const builder = new ProgramBuilder();
  for (const [name, rows, columns] of shapes) builder.output(name, builder.multiply(builder.input(name, rows, columns), 2));
  return builder.build();
}

const numbers = Float32Array.from({ length }, (_, index) => index - 11.5);

function outputsOf(executable: Executable, ...parts: readonly Float32Array[]): Floats {
  const outputs = new Float32Array(length);
  executable.load(...parts);
  executable.run(noSequences, outputs);
  return outputs;
}

describe.each([interpreter, wasmBackend])('an executable of the $name', (backend) => {
  it('takes its inputs as a whole or in parts of any lengths', () => {
    const executable = backend.compile(doubling());
    const wanted = numbers.map((x) => 2 * x);
    expect(outputsOf(executable, numbers)).toEqual(wanted);
    for (let first = 0; first <= length; first += 3) {
      for (let second = first; second <= length; second += 1) {
        const parts = [numbers.subarray(0, first), numbers.subarray(first, second), numbers.subarray(second)];
        executable.load(new Float32Array(length));
        expect(outputsOf(executable, ...parts)).toEqual(wanted);
      }
    }
  });

  it('takes inputs that were written into its memory, and leaves outputs there', () => {
    const executable = backend.compile(doubling());
    executable.load(numbers);
    executable.run(noSequences);
    for (let round = 1; round <= 2; round += 1) {
      let offset = 0;
      for (const input of executable.inputs) {
        input.set(numbers.subarray(offset, offset + input.length).map((x) => x + round));
        offset += input.length;
      }
      executable.prepare();
      executable.run(noSequences);
      const outputs = executable.outputs.flatMap((output) => [...output]);
      expect(outputs).toEqual(Array.from(numbers, (x) => 2 * (x + round)));
    }
  });

  it('gives an input to all operations that read it', () => {
    const program: Program = {
      version: 1,
      inputs: [
        { name: 'x', rows: 1, columns: 3 },
        { name: 'unread', rows: 2, columns: 1 },
      ],
      outputs: [{ name: 'y', value: 2 }],
      regions: [],
      operations: [
        { op: 'input', input: 0 },
        { op: 'input', input: 0 },
        { op: 'add', of: [0, 1] },
      ],
    };
    const executable = backend.compile(program);
    executable.load(Float32Array.of(1, 2, 3, 4, 5));
    executable.run(noSequences);
    expect([...(executable.outputs[0] ?? [])]).toEqual([2, 4, 6]);
    expect(executable.inputs.map(({ length: size }) => size)).toEqual([3, 2]);
  });

  it.each([{ lengths: [] }, { lengths: [length - 1] }, { lengths: [50, 9] }])(
    'refuses parts of $lengths elements',
    ({ lengths }) => {
      const executable = backend.compile(doubling());
      const found = lengths.reduce((sum, part) => sum + part, 0);
      const message = `Cannot load inputs: ${found} elements found, ${length} wanted`;
      expect(() => executable.load(...lengths.map((part) => new Float32Array(part)))).toThrow(message);
    },
  );

  it('finds one output that is not finite, wherever it is, and none afterwards', () => {
    const executable = backend.compile(doubling());
    for (let index = 0; index < length; index += 1) {
      for (const value of [Infinity, -Infinity, NaN, 3e38]) {
        outputsOf(executable, numbers.with(index, value));
        expect(executable.hasFiniteOutputs()).toBe(false);
      }
      outputsOf(executable, numbers.with(index, 1.7e38));
      expect(executable.hasFiniteOutputs()).toBe(true);
    }
  });

  it('gives every executable of one program memory of its own', () => {
    const program = doubling();
    const [first, second] = [backend.compile(program), backend.compile(program)];
    first.load(numbers);
    second.load(numbers.map((x) => x * 3));
    const outputs = new Float32Array(length);
    first.run(noSequences, outputs);
    expect(outputs).toEqual(numbers.map((x) => 2 * x));
  });
});
