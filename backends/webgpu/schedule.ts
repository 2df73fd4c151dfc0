// The kernels of a program in order of execution: one for every stored value, one for every region, one for every output.

import type { Stage } from '../../tensor/index.js';
import { type Graph, valueAt } from '../graph.js';
import { type ShaderFrame, wideLanes } from './shader-frame.js';

/** What one kernel computes. */
export interface Kernel {
  readonly type: 'map' | 'scan' | 'uniform' | 'sink' | 'region' | 'output';
  readonly stage: Stage;
  /** The values that it stores; of type output, the value that it copies. */
  readonly values: readonly number[];
  /** Of type output: the index of the output. */
  readonly output?: number;
  /** Of type region: whether many invocations share the columns of a sequence, with a barrier after each operation. */
  readonly isWide?: boolean;
}

/** Values that lie in memory before anything runs. */
export const isLoaded = (op: string): boolean => op === 'input' || op === 'table';

/** All kernels, stage by stage. */
export function scheduleOf(graph: Graph, stored: ReadonlySet<number>, wideRegionColumns: number): readonly Kernel[] {
  const kernels: Kernel[] = [];
  const isWide = (values: readonly number[]): boolean =>
    values.some((index) => valueAt(graph, index).columns >= wideRegionColumns);
  const regions = new Map<number, number[]>();
  for (const { index, operation, stage, region } of graph.order) {
    if (!stored.has(index) || isLoaded(operation.op)) continue;
    if (region !== undefined && stage === 'body') {
      const known = regions.get(region);
      known?.push(index);
      if (known !== undefined) continue;
      const values = [index];
      regions.set(region, values);
      kernels.push({ type: 'region', stage, values });
    } else kernels.push({ type: typeOf(operation.op), stage, values: [index] });
  }
  graph.program.outputs.forEach(({ value }, output) => {
    kernels.push({ type: 'output', stage: 'epilogue', values: [value], output });
  });
  const ranks = { prologue: 0, body: 1, epilogue: 2 };
  return kernels
    .map((kernel) => (kernel.type === 'region' && isWide(kernel.values) ? { ...kernel, isWide: true } : kernel))
    .toSorted((a, b) => ranks[a.stage] - ranks[b.stage]);
}

/** What surrounds the code of a kernel. */
export const frameOf = ({ stage, isWide }: Kernel): ShaderFrame => (isWide === true ? 'wide' : stage);

function typeOf(op: string): Kernel['type'] {
  if (op === 'scan' || op === 'uniform') return op;
  return op === 'weightGradient' || op === 'batchSum' ? 'sink' : 'map';
}

/** Invocations of a kernel: for the program, for each sequence or for each microbatch, as its stage says. */
export function invocationsOf(graph: Graph, { type, values, isWide }: Kernel): number {
  const { rows, columns } = valueAt(graph, values[0]!);
  switch (type) {
    case 'region':
      return isWide === true ? wideLanes : 1;
    case 'scan':
      return columns;
    case 'uniform':
      return Math.ceil((rows * columns) / 2);
    case 'map':
    case 'sink':
    case 'output':
      return rows * columns;
  }
}
