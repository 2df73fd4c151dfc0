// backends/wasm: compiles programs to WebAssembly SIMD, eight sequences at a time.

import type { Backend, Program } from '../../tensor/index.js';
import { compileProgram } from './compile.js';
import { type CompiledModule, instantiate, moduleOf } from './executable.js';
import type { WasmOptions } from './options.js';

export { type CompiledProgram, compileProgram, type Layout } from './compile.js';
export { type CompiledModule, instantiate } from './executable.js';
export {
  allFusion,
  defaultWasmLimits,
  type Fusion,
  noFusion,
  type WasmErrorCode,
  WasmLimitError,
  type WasmLimits,
  type WasmOptions,
} from './options.js';

/** Compiles a program once, for any number of instances and threads. */
export const compileToModule = (program: Program, options: WasmOptions = {}): CompiledModule =>
  moduleOf(compileProgram(program, options));

/** A backend with options of its own. What is compiled of a program serves every further executable of the same object. */
export function createWasmBackend(options: WasmOptions = {}): Backend {
  const modules = new WeakMap<Program, CompiledModule>();
  return {
    name: 'wasm',
    compile: (program) => {
      const module = modules.get(program) ?? compileToModule(program, options);
      modules.set(program, module);
      return instantiate(module);
    },
  };
}

/** The backend with everything on. */
export const wasmBackend: Backend = createWasmBackend();
