// What a compiled program may be asked for, and what it refuses.

import { expect, test } from 'vitest';
import { compileToModule, createWasmBackend, instantiate, wasmBackend, WasmLimitError } from '../../../backends/index.js';
import { noSequences, type Program, ProgramBuilder } from '../../../tensor/index.js';

function squares(size: number): Program {
  const builder = new ProgramBuilder();
  builder.output('squares', builder.square(builder.input('x', 1, size)));
  return builder.build();
}

test('compile() refuses a program whose memory is over the limit', () => {
  const backend = createWasmBackend({ limits: { memoryBytes: 4096 } });
  expect(() => backend.compile(squares(10_000))).toThrow(WasmLimitError);
  expect(() => backend.compile(squares(10_000))).toThrow(
    /Cannot compile program: \d+ bytes of memory found, at most 4096 wanted/,
  );
  expect(() => backend.compile(squares(10))).not.toThrow();
});

test('compile() refuses a program whose module is over the limit', () => {
  const compile = (): unknown => createWasmBackend({ limits: { moduleBytes: 64 } }).compile(squares(3));
  expect(compile).toThrow(/Cannot compile program: a module of \d+ bytes found, at most 64 wanted/);
});

test('load() and run() refuse vectors of the wrong length and microbatches that are not groups of eight', () => {
  const executable = wasmBackend.compile(squares(3));
  expect(() => executable.load(new Float32Array(2))).toThrow('2 elements found, 3 wanted');
  executable.load(Float32Array.of(1, 2, 3));
  expect(() => executable.run(noSequences, new Float32Array(4))).toThrow('room for 4 outputs found, 3 wanted');
  const odd = { ...noSequences, sequenceCount: 12 };
  expect(() => executable.run(odd, new Float32Array(3))).toThrow('12 sequences found, a multiple of 8 wanted');
});

test('instantiate() gives each instance memory of its own, also after a structured clone', () => {
  const compiled = compileToModule(squares(3));
  const [first, second] = [instantiate(compiled), instantiate(structuredClone(compiled))];
  first.load(Float32Array.of(1, 2, 3));
  second.load(Float32Array.of(4, 5, 6));
  const outputs = [new Float32Array(3), new Float32Array(3)] as const;
  first.run(noSequences, outputs[0]);
  second.run(noSequences, outputs[1]);
  expect(outputs).toEqual([Float32Array.of(1, 4, 9), Float32Array.of(16, 25, 36)]);
});

test('outputs may repeat inputs, constants and each other', () => {
  const builder = new ProgramBuilder();
  const x = builder.input('x', 2, 2);
  builder.output('x', x);
  builder.output('again', x);
  builder.output('constant', builder.constant(1.5, 1, 3));
  builder.output('rows', builder.iota(2, 2, 'rows'));
  const executable = wasmBackend.compile(builder.build());
  const outputs = new Float32Array(executable.outputLength);
  executable.load(Float32Array.of(1, 2, 3, 4));
  executable.run(noSequences, outputs);
  expect([...outputs]).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1.5, 1.5, 1.5, 0, 0, 1, 1]);
});

test('compile() looks at every value once, however many ways lead to it', () => {
  const builder = new ProgramBuilder();
  let y = builder.matmul(builder.uniform(2, 3), builder.input('w', 3, 3));
  for (let level = 0; level < 1000; level += 1) y = builder.add(y, builder.negate(y));
  builder.output('sum', builder.batchSum(y));
  expect(() => wasmBackend.compile(builder.build())).not.toThrow();
});
