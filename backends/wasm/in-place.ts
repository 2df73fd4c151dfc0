// Results in the places of operands: an element-wise kernel reads an element of each operand and writes the same element of each
// result, so a result may overwrite an operand that nobody needs afterwards.

import { isSumOverSequences, type Value, valueAt } from './graph.js';
import type { MemoryRequest } from './memory-plan.js';
import { isFlat } from './pointwise-places.js';
import type { Kernel } from './schedule.js';

/** The memory of a value from the kernel that writes it to the last kernel that reads it. */
export interface Interval {
  readonly value: number;
  readonly byteLength: number;
  /** Bytes before the first element. */
  readonly lead: number;
  from: number;
  to: number;
  /** The interval whose memory this one takes over. */
  into?: Interval;
}

/** The interval that owns the memory in the end. */
export const rootOf = (interval: Interval): Interval => (interval.into === undefined ? interval : rootOf(interval.into));

/** Lets results take the places of operands that die in their kernel and are read element by element. */
export function takeOverPlaces(request: MemoryRequest, intervals: ReadonlyMap<number, Interval>): void {
  for (const kernel of request.schedule.kernels) {
    const ofParameters = kernel.stage !== 'body';
    if ((kernel.type !== 'pointwise' && kernel.type !== 'matmul') || (ofParameters && !isFlat(request, kernel))) continue;
    const operands = kernel.operations.flatMap((operation) => valueAt(request.graph, operation).operands);
    const dying = new Set(operands.filter((operand) => isReplaceable(request, { intervals, kernel, operand })));
    for (const index of [...kernel.heads, ...kernel.operations]) {
      const interval = intervals.get(index);
      const value = valueAt(request.graph, index);
      // A sum over time begins with zeros in its place.
      if (interval === undefined || value.operation.op === 'sum' || !isPlain(request, value)) continue;
      const alike = [...dying].filter((candidate) => isAlike(request, valueAt(request.graph, candidate), value));
      const operand = firstOperandOf(request, { kernel, index, among: new Set(alike) }) ?? alike[0];
      if (operand === undefined) continue;
      const root = rootOf(intervals.get(operand)!);
      interval.into = root;
      root.to = Math.max(root.to, interval.to);
      for (const other of dying) if (rootOf(intervals.get(other)!) === root) dying.delete(other);
    }
  }
}

interface Candidate {
  readonly intervals: ReadonlyMap<number, Interval>;
  readonly kernel: Kernel;
  readonly operand: number;
}

/** Whether the place of an operand is free as soon as the kernel has read its element. */
function isReplaceable(request: MemoryRequest, { intervals, kernel, operand }: Candidate): boolean {
  const { graph, schedule, sharedLifetimes } = request;
  const interval = intervals.get(operand);
  if (interval === undefined || schedule.kernelOf.get(operand) === kernel) return false;
  const root = rootOf(interval);
  const values = [valueAt(graph, operand), valueAt(graph, root.value)];
  if (interval.to !== kernel.index || root.to !== kernel.index || !values.every((value) => isPlain(request, value))) return false;
  // Where kernels alternate, an earlier one may look at later time steps through a view.
  const isInterleaved = sharedLifetimes.some(({ first, last }) => first <= kernel.index && kernel.index <= last);
  if (isInterleaved && values.some(({ users }) => users.some((user) => !schedule.kernelOf.has(user)))) return false;
  return !isReadElsewhere(request, operand, kernel);
}

/** The operand that a result is made of first: an optimizer's new parameters and state take the places of the old ones. */
function firstOperandOf({ graph, schedule }: MemoryRequest, { kernel, index, among }: Chain): number | undefined {
  for (let at = index; schedule.kernelOf.get(at) === kernel;) {
    const [first] = valueAt(graph, at).operands;
    if (first === undefined || among.has(first)) return first;
    at = first;
  }
  return undefined;
}

interface Chain {
  readonly kernel: Kernel;
  readonly index: number;
  readonly among: ReadonlySet<number>;
}

/** A parameter-space value, or a panel without guards, outside regions, so that all its rows are there. */
function isPlain({ map }: MemoryRequest, value: Value): boolean {
  const { index, region, space } = value;
  if (space === 'parameter') return !isSumOverSequences(value);
  const panel = map.panels.get(index);
  return panel !== undefined && region === undefined && panel.guard.before === 0 && panel.guard.after === 0;
}

function isAlike({ map: { panels } }: MemoryRequest, a: Value, b: Value): boolean {
  const sameStride = panels.get(a.index)?.rowStride === panels.get(b.index)?.rowStride;
  return a.space === b.space && sameStride && a.rows === b.rows && a.columns === b.columns;
}

/** Whether the kernel reads the operand other than element by element: as a matmul's operand, or through a view. */
function isReadElsewhere({ graph, schedule }: MemoryRequest, operand: number, kernel: Kernel): boolean {
  const value = valueAt(graph, operand);
  if (value.rows !== kernel.rows || value.columns !== kernel.columns) return true;
  const isRead = (user: number): boolean => {
    const reader = schedule.kernelOf.get(user);
    return reader === undefined ? valueAt(graph, user).users.some(isRead) : reader === kernel;
  };
  return value.users.some((user) => kernel.heads.includes(user) || (!schedule.kernelOf.has(user) && isRead(user)));
}
