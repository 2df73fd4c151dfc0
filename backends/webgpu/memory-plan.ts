// Where stored values lie: prologue values for good, those of the body and the epilogue for as long as a kernel still reads them.
//
//   prologue  element e of a value at [base + e]
//   body      for each sequence s of a wave, [(base + e) · sequences + s]: neighboring invocations work on neighboring sequences
//   epilogue  for each microbatch l of a wave, [l · size + base + e]

import type { Stage } from '../../tensor/index.js';
import { type Graph, valueAt } from '../graph.js';
import type { Kernel } from './schedule.js';
import { storedOperands } from './storage.js';

/** Places of values within their stage's memory, in elements. */
export interface MemoryPlan {
  readonly bases: ReadonlyMap<number, number>;
  /** Elements of the prologue; of the body for one sequence; of the epilogue for one microbatch. */
  readonly sizes: Readonly<Record<Stage, number>>;
}

interface Lifetime {
  readonly index: number;
  readonly size: number;
  readonly first: number;
  last: number;
}

/** Plans the memory of all stored values. */
export function memoryPlanOf(graph: Graph, stored: ReadonlySet<number>, kernels: readonly Kernel[]): MemoryPlan {
  const lifetimes = lifetimesOf(graph, stored, kernels);
  const bases = new Map<number, number>();
  const sizes = { prologue: 0, body: 0, epilogue: 0 };
  for (const stage of ['prologue', 'body', 'epilogue'] as const) {
    const members = [...lifetimes.values()].filter(({ index }) => valueAt(graph, index).stage === stage);
    sizes[stage] = placeAll(members, bases);
  }
  return { bases, sizes };
}

function lifetimesOf(graph: Graph, stored: ReadonlySet<number>, kernels: readonly Kernel[]): ReadonlyMap<number, Lifetime> {
  const lifetimes = new Map<number, Lifetime>();
  const start = (index: number, first: number): void => {
    const { rows, columns, stage } = valueAt(graph, index);
    // What depends on parameters alone is computed once and read by every wave.
    const last = stage === 'prologue' ? kernels.length : first;
    lifetimes.set(index, { index, size: rows * columns, first, last });
  };
  for (const index of stored) if (valueAt(graph, index).stage === 'prologue') start(index, -1);
  kernels.forEach(({ type, values }, position) => {
    const isOutput = type === 'output';
    if (!isOutput) for (const index of values) if (!lifetimes.has(index)) start(index, position);
    for (const index of values) {
      const reads = isOutput && stored.has(index) ? [index] : storedOperands(graph, stored, index);
      for (const operand of reads) {
        const lifetime = lifetimes.get(operand);
        if (lifetime === undefined) throw new TypeError(`Cannot plan memory: value ${operand} is read before it is computed`);
        lifetime.last = Math.max(lifetime.last, position);
      }
    }
  });
  return lifetimes;
}

/** First fit, in the order in which values come to life; gives the end of the memory that is used. */
function placeAll(members: readonly Lifetime[], bases: Map<number, number>): number {
  const placed: { readonly base: number; readonly end: number; readonly lifetime: Lifetime }[] = [];
  let size = 0;
  for (const lifetime of members.toSorted((a, b) => a.first - b.first)) {
    let base = 0;
    for (const other of placed) {
      const overlaps = other.lifetime.last >= lifetime.first && lifetime.last >= other.lifetime.first;
      if (!overlaps || other.end <= base) continue;
      if (other.base >= base + lifetime.size) break;
      base = other.end;
    }
    const end = base + lifetime.size;
    const at = placed.findIndex((other) => other.base > base);
    placed.splice(at < 0 ? placed.length : at, 0, { base, end, lifetime });
    bases.set(lifetime.index, base);
    size = Math.max(size, end);
  }
  return size;
}
