// The driver: program → graph → places of values → kernels → memory → bytes.

import { inputLayout, outputLayout, type Program } from '../../tensor/index.js';
import { accessMapOf } from './access.js';
import { deferralOf, noDeferral } from './deferral.js';
import { directSumsOf } from './direct-sums.js';
import { emitModule } from './emit.js';
import { factsOf } from './facts.js';
import { graphOf, type Graph } from './graph.js';
import { header } from './header.js';
import { type MemoryPlan, memoryPlanOf } from './memory-plan.js';
import { allFusion, defaultChunkBytes, defaultWasmLimits, WasmLimitError, type WasmOptions } from './options.js';
import { phasesOf } from './phases.js';
import { scheduleOf } from './schedule.js';
import { withoutUnreadStates } from './states.js';

/** A part of a flat vector and the address where it lies in memory. */
export interface Segment {
  readonly offset: number;
  readonly length: number;
  readonly address: number;
}

/** Where an operation reads an input of the program. */
export interface InputSegment extends Segment {
  /** Its number among the program's inputs. */
  readonly input: number;
}

/** What an instance has to know of its memory. */
export interface Layout {
  readonly memoryBytes: number;
  readonly inputLength: number;
  readonly outputLength: number;
  /** Lengths of the program's inputs. */
  readonly inputLengths: readonly number[];
  readonly inputs: readonly InputSegment[];
  readonly outputs: readonly Segment[];
  /** Constants that are in memory before anything runs, as 32-bit patterns. */
  readonly constants: readonly { readonly address: number; readonly bits: Uint32Array<ArrayBuffer> }[];
}

/** A program as the bytes of a WebAssembly module: plain data that can be sent to other threads. */
export interface CompiledProgram {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly layout: Layout;
}

const noSums: ReadonlySet<number> = new Set();

/** Compiles a validated program. Throws WasmLimitError when the module or its memory would be too large. */
export function compileProgram(program: Program, options: WasmOptions = {}): CompiledProgram {
  const fusion = { ...allFusion, ...options.fusion };
  const limits = { ...defaultWasmLimits, ...options.limits };
  const graph = graphOf(program);
  const { deferred, kept, copied } = fusion.deferredWeightGradient ? deferralOf(graph) : noDeferral;
  const wholeMap = accessMapOf(graph, fusion.elementwise, copied);
  const schedule = scheduleOf(graph, wholeMap, { fusion, deferred });
  const facts = fusion.omissions ? factsOf(graph) : undefined;
  const map = fusion.omissions ? withoutUnreadStates(wholeMap, graph, schedule) : wholeMap;
  const { phases, rowsPerCall, sharedLifetimes } = phasesOf({
    ...{ graph, map, schedule, chunked: fusion.timeChunks },
    chunkBytes: options.chunkBytes ?? defaultChunkBytes,
  });
  const directSums = fusion.elementwise ? directSumsOf(graph, schedule) : noSums;
  const plan = memoryPlanOf({ graph, map, schedule, inPlace: fusion.inPlace, kept, directSums, sharedLifetimes });
  if (plan.byteLength > limits.memoryBytes) {
    const message = `Cannot compile program: ${plan.byteLength} bytes of memory found, at most ${limits.memoryBytes} wanted`;
    throw new WasmLimitError('wasm-memory-over-limit', message);
  }
  const bytes = emitModule({ graph, map, schedule, plan, kept, directSums, rowsPerCall, facts }, phases);
  if (bytes.length > limits.moduleBytes) {
    const message = `Cannot compile program: a module of ${bytes.length} bytes found, at most ${limits.moduleBytes} wanted`;
    throw new WasmLimitError('wasm-module-over-limit', message);
  }
  return { bytes, layout: layoutOf(program, graph, plan) };
}

function layoutOf(program: Program, graph: Graph, plan: MemoryPlan): Layout {
  const inputPlaces = inputLayout(program);
  const outputPlaces = outputLayout(program);
  const inputs = graph.order.flatMap(({ index, operation }) => {
    if (operation.op !== 'input') return [];
    const { offset, length } = inputPlaces[operation.input]!;
    return [{ input: operation.input, offset, length, address: plan.bases.get(index)! }];
  });
  const outputs = program.outputs.map(({ value }, output) => {
    const { offset, length } = outputPlaces[output]!;
    return { offset, length, address: plan.bases.get(value)! };
  });
  return {
    memoryBytes: Math.max(header.byteLength, plan.byteLength),
    inputLength: inputPlaces.reduce((sum, { length }) => sum + length, 0),
    outputLength: outputPlaces.reduce((sum, { length }) => sum + length, 0),
    inputLengths: inputPlaces.map(({ length }) => length),
    inputs,
    outputs,
    constants: constantsOf(graph, plan),
  };
}

function constantsOf(graph: Graph, plan: MemoryPlan): Layout['constants'] {
  return graph.order.flatMap(({ index, operation, rows, columns }) => {
    const address = plan.bases.get(index);
    if (address === undefined) return [];
    if (operation.op === 'constant') return [{ address, bits: new Uint32Array(rows * columns).fill(operation.bits) }];
    if (operation.op === 'table') return [{ address, bits: Uint32Array.from(operation.bits) }];
    if (operation.op !== 'iota') return [];
    const numbers = Float32Array.from({ length: rows * columns }, (_, element) =>
      operation.axis === 'rows' ? Math.floor(element / columns) : element % columns,
    );
    return [{ address, bits: new Uint32Array(numbers.buffer) }];
  });
}
