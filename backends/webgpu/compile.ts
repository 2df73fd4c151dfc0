// The driver: program → graph → stored values → kernels → memory → shaders. What comes out is plain data, made without a device.

import { inputLayout, inputLength, outputLength, type Program, type Stage } from '../../tensor/index.js';
import { graphOf, type Graph } from '../graph.js';
import { kernelSource, treeSource } from './kernel-code.js';
import { memoryPlanOf, type MemoryPlan } from './memory-plan.js';
import { allShaderFusion, defaultWideRegionColumns, type WebGpuOptions } from './options.js';
import { frameOf, invocationsOf, scheduleOf } from './schedule.js';
import { groupSizeOf } from './shader-frame.js';
import { storedValues } from './storage.js';

/** A kernel as WGSL, and how often it runs: for the program, for each sequence of a wave, or for each of its microbatches. */
export interface CompiledKernel {
  readonly stage: Stage;
  /** The operations that it stores: for messages. */
  readonly label: string;
  readonly source: string;
  readonly invocations: number;
  /** Invocations of a workgroup. */
  readonly groupSize: number;
}

/** Numbers that lie in the prologue's memory before anything runs. */
export interface LoadedWords {
  readonly base: number;
  readonly words: Uint32Array<ArrayBuffer>;
}

/** A program as shaders. */
export interface CompiledShaders {
  readonly inputLength: number;
  readonly outputLength: number;
  readonly kernels: readonly CompiledKernel[];
  /** Adds the sums of siblings. */
  readonly tree: CompiledKernel;
  /** Elements of the prologue; of the body for one sequence; of the epilogue for one microbatch. */
  readonly sizes: Readonly<Record<Stage, number>>;
  readonly tables: readonly LoadedWords[];
  /** Parts of the input vector and where they go in the prologue's memory. */
  readonly inputs: readonly { readonly offset: number; readonly length: number; readonly base: number }[];
}

/** Compiles a validated program. */
export function compileShaders(program: Program, options: WebGpuOptions = {}): CompiledShaders {
  const graph = graphOf(program);
  const stored = storedValues(graph, { ...allShaderFusion, ...options.fusion });
  const schedule = scheduleOf(graph, stored, options.wideRegionColumns ?? defaultWideRegionColumns);
  const plan = memoryPlanOf(graph, stored, schedule);
  const compilation = { graph, stored, plan, fault: options.fault };
  const kernels = schedule.map((kernel) => ({
    stage: kernel.stage,
    label: `${kernel.type} ${kernel.values.map((index) => `${program.operations[index]!.op} ${index}`).join(', ')}`,
    source: kernelSource(compilation, kernel),
    invocations: invocationsOf(graph, kernel),
    groupSize: groupSizeOf(frameOf(kernel)),
  }));
  const length = outputLength(program);
  return {
    inputLength: inputLength(program),
    outputLength: length,
    kernels,
    tree: {
      ...{ stage: 'epilogue', label: 'tree', source: treeSource(length) },
      ...{ invocations: length, groupSize: groupSizeOf('tree') },
    },
    sizes: plan.sizes,
    ...loadedOf(program, graph, plan),
  };
}

function loadedOf(program: Program, graph: Graph, { bases }: MemoryPlan): Pick<CompiledShaders, 'tables' | 'inputs'> {
  const places = inputLayout(program);
  const inputs = graph.order.flatMap(({ index, operation }) => {
    if (operation.op !== 'input') return [];
    const { offset, length } = places[operation.input]!;
    return [{ offset, length, base: bases.get(index)! }];
  });
  const tables = graph.order.flatMap(({ index, operation }) =>
    operation.op === 'table' ? [{ base: bases.get(index)!, words: Uint32Array.from(operation.bits) }] : [],
  );
  return { inputs, tables };
}
