// Where the element-wise operations of a kernel find their operands and leave their results.

import { directionOf, type Value, valueAt } from './graph.js';
import { isStored } from './memory-plan.js';
import { accumulatorPlace, type Emission, type Place, placeOf, sequencePlace } from './place.js';
import type { Kernel } from './schedule.js';

/** Places of what a kernel's element-wise operations read and write. */
export interface Places {
  readonly reads: ReadonlyMap<number, Place>;
  readonly writes: ReadonlyMap<number, Place>;
  /** The state before the current time step, by scan. */
  readonly states: ReadonlyMap<number, Place>;
  /** Sums over time, and the accumulators of sums over sequences. */
  readonly sums: ReadonlyMap<number, Place>;
  readonly batchSums: ReadonlyMap<number, Place>;
}

/** The places of a kernel's operations. */
export const placesOf = (emission: Emission, kernel: Kernel): Places =>
  kernel.stage === 'body' ? sequencePlaces(emission, kernel) : parameterPlaces(emission, kernel);

/** Operands that do not come from the kernel itself. */
function outsideOperands({ graph, schedule }: Pick<Emission, 'graph' | 'schedule'>, kernel: Kernel): ReadonlySet<number> {
  const operands = kernel.operations.flatMap((operation) => valueAt(graph, operation).operands);
  return new Set(operands.filter((operand) => schedule.kernelOf.get(operand) !== kernel));
}

function storedResults(emission: Emission, kernel: Kernel): readonly number[] {
  return [...kernel.heads, ...kernel.operations].filter((index) => {
    const value = valueAt(emission.graph, index);
    const { op } = value.operation;
    return op !== 'batchSum' && op !== 'sum' && isStored(emission, value);
  });
}

function sequencePlaces(emission: Emission, kernel: Kernel): Places {
  const { graph, map } = emission;
  const place = (index: number): [number, Place] => [index, sequencePlace(emission, index)];
  const operations = kernel.operations.map((index) => valueAt(graph, index));
  const states = operations.flatMap((value): [number, Place][] => {
    if (value.operation.op !== 'scan') return [];
    const access = map.accesses.get(value.index)!;
    const back = directionOf(graph, value) * map.panels.get(value.index)!.rowStride;
    return [[value.index, placeOf(emission, { ...access, offset: -back })]];
  });
  const ofOperation = (op: string): Value[] => operations.filter(({ operation }) => operation.op === op);
  return {
    reads: new Map([...outsideOperands(emission, kernel)].map(place)),
    writes: new Map(storedResults(emission, kernel).map(place)),
    states: new Map(states),
    sums: new Map(ofOperation('sum').map(({ index }) => place(index))),
    batchSums: new Map(ofOperation('batchSum').map((value) => [value.index, accumulatorPlace(emission, value)])),
  };
}

/** Whether all operands are scalars or have the kernel's shape, so that rows need no loop of their own. */
export function isFlat(emission: Pick<Emission, 'graph' | 'schedule'>, kernel: Kernel): boolean {
  return [...outsideOperands(emission, kernel)].every((operand) => {
    const { operation, rows, columns } = valueAt(emission.graph, operand);
    return operation.op === 'constant' || rows * columns === 1 || (rows === kernel.rows && columns === kernel.columns);
  });
}

function parameterPlaces(emission: Emission, kernel: Kernel): Places {
  const flat = isFlat(emission, kernel);
  const place = (index: number): [number, Place] => {
    const { operation, rows, columns } = valueAt(emission.graph, index);
    if (operation.op === 'constant') return [index, placeOf(emission, emission.map.accesses.get(index)!)];
    if (emission.directSums.has(index)) {
      const address = emission.plan.accumulators.get(index)!;
      return [index, { address, rowStride: 0, columnStride: 64, groupStride: 0, splat: false, isSum: true }];
    }
    const address = emission.plan.bases.get(index)!;
    const splat = columns === 1 && (rows !== kernel.rows || columns !== kernel.columns);
    const rowStride = flat || rows === 1 ? 0 : columns * 4;
    return [index, { address, rowStride, columnStride: splat ? 0 : 16, groupStride: 0, splat }];
  };
  return {
    reads: new Map([...outsideOperands(emission, kernel)].map(place)),
    writes: new Map(storedResults(emission, kernel).map(place)),
    states: new Map(),
    sums: new Map(),
    batchSums: new Map(),
  };
}
