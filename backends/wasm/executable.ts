// A compiled program in memory of its own, ready to run: one instance per thread.

import type { Executable, Floats, Microbatch } from '../../tensor/index.js';
import type { CompiledProgram, Layout, Segment } from './compile.js';
import { header } from './header.js';

const pageBytes = 65536;

interface Exports {
  readonly load: () => void;
  readonly run: (groupCount: number) => void;
  readonly findNonFinite: () => void;
}

/** A module ready to be instantiated; threads may share it by structured clone. */
export interface CompiledModule {
  /** A WebAssembly.Module. */
  readonly module: object;
  readonly layout: Layout;
}

/** Lets the engine compile a program's bytes. */
export const moduleOf = ({ bytes, layout }: CompiledProgram): CompiledModule => ({
  module: new WebAssembly.Module(bytes),
  layout,
});

class WasmExecutable implements Executable {
  readonly inputLength: number;
  readonly outputLength: number;
  readonly inputs: readonly Floats[];
  readonly outputs: readonly Floats[];
  readonly #layout: Layout;
  readonly #copies: readonly (readonly [Floats, Floats])[];
  readonly #exports: Exports;
  readonly #words: Uint32Array;

  constructor({ module, layout }: CompiledModule) {
    const memory = new WebAssembly.Memory({ initial: Math.ceil(layout.memoryBytes / pageBytes) });
    const instance = new WebAssembly.Instance(module as WebAssembly.Module, { env: { memory } });
    const buffer = memory.buffer as ArrayBuffer;
    const viewOf = ({ address, length }: Segment): Floats => new Float32Array(buffer, address, length);
    this.inputLength = layout.inputLength;
    this.outputLength = layout.outputLength;
    this.inputs = layout.inputLengths.map((length, input) => {
      const place = layout.inputs.find((one) => one.input === input);
      return place === undefined ? new Float32Array(length) : viewOf(place);
    });
    // Of several operations that read one input, each has a place of its own.
    this.#copies = layout.inputs.flatMap((place): [Floats, Floats][] => {
      const [input, view] = [this.inputs[place.input]!, viewOf(place)];
      return input.byteOffset === view.byteOffset ? [] : [[input, view]];
    });
    this.outputs = layout.outputs.map(viewOf);
    this.#layout = layout;
    this.#exports = instance.exports as unknown as Exports;
    this.#words = new Uint32Array(buffer);
    for (const { address, bits } of layout.constants) this.#words.set(bits, address / 4);
  }

  load(...parts: readonly Float32Array[]): void {
    const found = parts.reduce((sum, { length }) => sum + length, 0);
    if (found !== this.inputLength) {
      throw new RangeError(`Cannot load inputs: ${found} elements found, ${this.inputLength} wanted`);
    }
    let begin = 0;
    for (const part of parts) {
      this.#loadPart(part, begin);
      begin += part.length;
    }
    this.prepare();
  }

  #loadPart(part: Float32Array, begin: number): void {
    let offset = 0;
    for (const input of this.inputs) {
      const from = Math.max(begin, offset);
      const to = Math.min(begin + part.length, offset + input.length);
      if (from < to) input.set(part.subarray(from - begin, to - begin), from - offset);
      offset += input.length;
    }
  }

  prepare(): void {
    for (const [input, copy] of this.#copies) copy.set(input);
    this.#exports.load();
  }

  run({ key, firstSequence, sequenceCount }: Microbatch, outputs?: Float32Array): void {
    if (outputs !== undefined && outputs.length !== this.outputLength) {
      throw new RangeError(`Cannot run program: room for ${outputs.length} outputs found, ${this.outputLength} wanted`);
    }
    if (sequenceCount % 8 !== 0) {
      throw new RangeError(`Cannot run program: ${sequenceCount} sequences found, a multiple of 8 wanted`);
    }
    const [first, second] = key;
    this.#words[header.key / 4] = first;
    this.#words[header.key / 4 + 1] = second;
    this.#words[header.sequence / 4] = firstSequence;
    this.#exports.run(sequenceCount / 8);
    if (outputs === undefined) return;
    this.outputs.forEach((output, index) => outputs.set(output, this.#layout.outputs[index]!.offset));
  }

  hasFiniteOutputs(): boolean {
    this.#exports.findNonFinite();
    return this.#words[header.nonFinite / 4] === 0;
  }
}

/** Gives a compiled module memory of its own. */
export const instantiate = (compiled: CompiledModule): Executable => new WasmExecutable(compiled);
