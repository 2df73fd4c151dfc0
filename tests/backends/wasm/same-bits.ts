// Runs a program on the interpreter and on the WASM backend, and compares their outputs bit by bit.

import {
  type CompiledProgram,
  compileProgram,
  type Fusion,
  instantiate,
  noFusion,
  type WasmOptions,
} from '../../../backends/index.js';
import {
  defaultLimits,
  type Executable,
  interpreter,
  type Microbatch,
  type Program,
  validateProgram,
} from '../../../tensor/index.js';

/** Numbers for a test that come from a seed: mulberry32. */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Numbers of both signs, now and then a zero of either sign or a number beside the threshold of flush. */
export function inputsFrom(seed: number, length: number): Float32Array<ArrayBuffer> {
  const next = numbersFrom(seed);
  const special = [0, -0, 2 ** -51, -(2 ** -51), 2 ** -51 * (1 - 2 ** -24), 2 ** -52, 1, -1];
  return Float32Array.from({ length }, () => (next() < 0.08 ? special[Math.floor(next() * special.length)]! : 2 * next() - 1));
}

/** The outputs' bits; all kinds of NaN count as one. */
export function bitsOfRun(executable: Executable, { inputs, microbatch }: RunInputs): readonly number[] {
  const outputs = new Float32Array(executable.outputLength);
  executable.load(inputs);
  // The second run must not see what the first one left.
  for (let run = 0; run < 2; run++) executable.run(microbatch, outputs);
  const words = new Uint32Array(outputs.buffer);
  return Array.from(outputs, (value, index) => (Number.isNaN(value) ? 0x7fc00000 : words[index]!));
}

interface RunInputs {
  readonly inputs: Float32Array;
  readonly microbatch: Microbatch;
}

/** The switches, each alone on and each alone off, and all of them. */
export const fusionChoices: Readonly<Record<string, Partial<Fusion> & Pick<WasmOptions, 'chunkBytes'>>> = {
  none: noFusion,
  'only elementwise': { ...noFusion, elementwise: true },
  'only epilogue': { ...noFusion, epilogue: true },
  'only siblings': { ...noFusion, siblings: true },
  'only deferred weight gradient': { ...noFusion, deferredWeightGradient: true },
  'only time chunks': { ...noFusion, timeChunks: true, chunkBytes: 1 },
  'only in place': { ...noFusion, inPlace: true },
  'only omissions': { ...noFusion, omissions: true },
  'all but elementwise': { elementwise: false },
  'all but epilogue': { epilogue: false },
  'all but in place': { inPlace: false },
  'all but omissions': { omissions: false },
  'all in small chunks': { chunkBytes: 1 },
  all: {},
};

/** Tells apart all that is compiled differently. */
const nameOf = ({ bytes, layout }: CompiledProgram): string =>
  `${Buffer.from(bytes).toString('latin1')}${JSON.stringify(layout)}`;

/**
 * What differs between the backends: undefined where nothing does. What several choices compile to the same bytes and the same layout runs
 * for the first of them alone.
 */
export function differenceOf(
  program: Program,
  microbatch: Microbatch,
  choices: readonly string[] = ['none', 'all'],
): string | undefined {
  const validated = validateProgram(program, defaultLimits);
  const length = validated.inputs.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  const run = { inputs: inputsFrom(length + microbatch.firstSequence, length), microbatch };
  const expected = bitsOfRun(interpreter.compile(validated), run);
  const known = new Set<string>();
  for (const choice of choices) {
    const { chunkBytes, ...fusion } = fusionChoices[choice]!;
    const options = chunkBytes === undefined ? { fusion } : { fusion, chunkBytes };
    const compiled = compileProgram(validated, options);
    const name = nameOf(compiled);
    if (known.has(name)) continue;
    known.add(name);
    const found = bitsOfRun(instantiate({ module: new WebAssembly.Module(compiled.bytes), layout: compiled.layout }), run);
    const at = found.findIndex((bits, index) => bits !== expected[index]);
    if (at >= 0) {
      const count = found.filter((bits, index) => bits !== expected[index]).length;
      return `fusion ${choice}: ${count} of ${found.length} words differ, first ${at}: ${found[at]} found, ${expected[at]} wanted`;
    }
  }
  return undefined;
}
