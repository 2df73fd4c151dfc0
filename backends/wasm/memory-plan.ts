// Where everything lies in linear memory. A value occupies its place from the kernel that writes it to the last kernel that reads
// it; places are found first-fit, largest value first; a result may take the place of an operand that dies in its kernel.

import { type AccessMap, type Panel } from './access.js';
import { domainOf, type Graph, isSumOverSequences, type Value, valueAt } from './graph.js';
import { header } from './header.js';
import { type Interval, rootOf, takeOverPlaces } from './in-place.js';
import type { Kernel, Schedule } from './schedule.js';

/** Groups of sequences whose operands a deferred weight gradient keeps. */
export const deferredGroups = 8;

/** Addresses of everything. */
export interface MemoryPlan {
  /** Address of the first element of values with memory. */
  readonly bases: ReadonlyMap<number, number>;
  /** Bytes from a group's panel to the next one's, for panels that are kept for several groups. */
  readonly groupStrides: ReadonlyMap<number, number>;
  /** Address of a sink's four accumulators per element. */
  readonly accumulators: ReadonlyMap<number, number>;
  /** Weights stored a second time, transposed, by the value they come from. */
  readonly transposed: ReadonlyMap<number, number>;
  /** The accumulators that a run has to fill with zeros at its beginning. */
  readonly clearedAccumulators: MemoryRange;
  /** Those of deferred weight gradients, which begin without what is in memory. */
  readonly deferredAccumulators: MemoryRange;
  readonly byteLength: number;
}

/** Bytes in a row. */
export interface MemoryRange {
  readonly address: number;
  readonly byteLength: number;
}

/** What the plan is made from. */
export interface MemoryRequest {
  readonly graph: Graph;
  readonly map: AccessMap;
  readonly schedule: Schedule;
  readonly inPlace: boolean;
  /** Values that are kept for several groups of sequences. */
  readonly kept: ReadonlySet<number>;
  /** Sums over sequences that their reader adds up. */
  readonly directSums: ReadonlySet<number>;
  /** Runs of kernels that alternate: whatever lives in one of them lives in all. */
  readonly sharedLifetimes: readonly { readonly first: number; readonly last: number }[];
}

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;
/** Rows of parameters are read and written four at a time, so a little behind them is touched, too. */
const parameterBytes = ({ rows, columns }: Value): number => align(rows * columns * 4 + 16);
/** Weights of at most this size stay in the cache in either order. */
const smallWeightBytes = 4096;

class MemoryPlanner {
  readonly #request: MemoryRequest;
  readonly #intervals = new Map<number, Interval>();
  readonly #end: number;
  #top: number = header.byteLength;

  constructor(request: MemoryRequest) {
    this.#request = request;
    this.#end = request.schedule.kernels.length;
  }

  plan(): MemoryPlan {
    const { graph, kept } = this.#request;
    const groupStrides = new Map<number, number>();
    const transposed = this.#transposedWeights();
    const [firstCleared, cleared] = [this.#top, this.#accumulators(false)];
    const [firstDeferred, deferred] = [this.#top, this.#accumulators(true)];
    const accumulators = new Map([...cleared, ...deferred]);
    const clearedAccumulators = { address: firstCleared, byteLength: firstDeferred - firstCleared };
    const deferredAccumulators = { address: firstDeferred, byteLength: this.#top - firstDeferred };
    const bases = new Map<number, number>();
    for (const value of graph.order) {
      const interval = this.#intervalOf(value);
      if (interval === undefined) continue;
      if (kept.has(value.index)) {
        groupStrides.set(value.index, interval.byteLength);
        bases.set(value.index, this.#reserve(interval.byteLength * deferredGroups) + interval.lead);
      } else this.#intervals.set(value.index, interval);
    }
    if (this.#request.inPlace) takeOverPlaces(this.#request, this.#intervals);
    this.#shareLifetimes();
    for (const [value, address] of this.#place()) bases.set(value, address);
    return { bases, groupStrides, accumulators, transposed, clearedAccumulators, deferredAccumulators, byteLength: this.#top };
  }

  #reserve(byteLength: number): number {
    const address = this.#top;
    this.#top += align(byteLength);
    return address;
  }

  #transposedWeights(): ReadonlyMap<number, number> {
    const addresses = new Map<number, number>();
    for (const { operation } of this.#request.graph.order) {
      if (operation.op !== 'matmul' || !operation.transposed || addresses.has(operation.of[1])) continue;
      const { rows, columns } = valueAt(this.#request.graph, operation.of[1]);
      if (rows * columns * 4 > smallWeightBytes) addresses.set(operation.of[1], this.#reserve(rows * columns * 4));
    }
    return addresses;
  }

  #accumulators(ofDeferred: boolean): ReadonlyMap<number, number> {
    const addresses = new Map<number, number>();
    for (const value of this.#request.graph.order) {
      const { index, rows, columns } = value;
      const isDeferred = this.#request.schedule.kernelOf.get(index)?.deferred === true;
      if (isSumOverSequences(value) && isDeferred === ofDeferred) addresses.set(index, this.#reserve(rows * columns * 16));
    }
    return addresses;
  }

  /** Undefined where the value needs no memory: a view, or a result that only its own kernel reads. */
  #intervalOf(value: Value): Interval | undefined {
    const { map, schedule } = this.#request;
    const kernel = schedule.kernelOf.get(value.index);
    if (value.space === 'parameter') return this.#parameterInterval(value, kernel);
    const panel = map.panels.get(value.index);
    if (panel === undefined || kernel === undefined || !isStored(this.#request, value)) return undefined;
    const { from, to } = this.#lifetime(value, kernel, panel);
    const { before, after } = panel.guard;
    const bytesOfRows = panel.rowStride === 0 ? value.columns * 32 : (panel.rows + before + after) * panel.rowStride;
    return { value: value.index, byteLength: align(bytesOfRows), lead: before * panel.rowStride, from, to };
  }

  #parameterInterval(value: Value, kernel: Kernel | undefined): Interval | undefined {
    const { graph, schedule } = this.#request;
    const byteLength = parameterBytes(value);
    const { op } = value.operation;
    const constant = op === 'constant' || op === 'table' || op === 'iota';
    if (op === 'constant' && !needsMemory(graph, value)) return undefined;
    if (this.#request.directSums.has(value.index)) return undefined;
    const sink = isSumOverSequences(value);
    if (!constant && op !== 'input' && !sink && !isStored(this.#request, value)) return undefined;
    const laneSums = schedule.kernels.findIndex(({ type }) => type === 'laneSums');
    const from = constant || op === 'input' ? -1 : sink ? laneSums : kernel!.index;
    const last = this.#lastUse(value.index);
    const isPermanent =
      constant || graph.outputs.has(value.index) || (value.stage === 'prologue' && this.#stageOf(last) !== 'prologue');
    return { value: value.index, byteLength, lead: 0, from, to: isPermanent ? this.#end : Math.max(from, last) };
  }

  #stageOf(kernel: number): Kernel['stage'] {
    return this.#request.schedule.kernels[kernel]?.stage ?? 'prologue';
  }

  #lifetime(value: Value, kernel: Kernel, panel: Panel): { readonly from: number; readonly to: number } {
    const last = this.#lastUse(value.index);
    // What surrounds a padded value is written once, before the region.
    const isTransient = panel.rowStride === 0 && value.operation.op !== 'pad';
    if (value.region === undefined || isTransient) return { from: kernel.index, to: Math.max(kernel.index, last) };
    const { first, last: regionEnd } = regionRange(this.#request.schedule, value.region);
    return { from: first, to: Math.max(regionEnd, last) };
  }

  /** The last kernel that reads a value, itself or through views; a region reads until its last step. */
  #lastUse(index: number): number {
    const { graph, schedule } = this.#request;
    const value = valueAt(graph, index);
    let last = -1;
    for (const userIndex of value.users) {
      const user = valueAt(graph, userIndex);
      const kernel = schedule.kernelOf.get(userIndex);
      if (kernel === undefined) last = Math.max(last, this.#lastUse(userIndex));
      else if (kernel.region !== undefined && kernel.region !== value.region)
        last = Math.max(last, regionRange(schedule, kernel.region).last);
      else last = Math.max(last, kernel.index);
      if (user.operation.op === 'delay') last = Math.max(last, regionRange(schedule, user.region ?? -1).last);
    }
    return last;
  }

  /** What lives during a part of a run of alternating kernels lives during all of it. */
  #shareLifetimes(): void {
    for (const interval of this.#intervals.values()) {
      for (const { first, last } of this.#request.sharedLifetimes) {
        if (interval.from > last || interval.to < first) continue;
        interval.from = Math.min(interval.from, first);
        interval.to = Math.max(interval.to, last);
      }
    }
  }

  /** First fit, the largest first. */
  #place(): ReadonlyMap<number, number> {
    const placed: { readonly interval: Interval; readonly address: number }[] = [];
    const start = this.#top;
    const addresses = new Map<Interval, number>();
    const roots = [...this.#intervals.values()].filter(({ into }) => into === undefined);
    roots.sort((a, b) => b.byteLength - a.byteLength || a.from - b.from || a.value - b.value);
    for (const interval of roots) {
      const neighbors = placed.filter((other) => other.interval.from <= interval.to && interval.from <= other.interval.to);
      neighbors.sort((a, b) => a.address - b.address);
      let address = start;
      for (const other of neighbors) {
        if (address + interval.byteLength <= other.address) break;
        address = Math.max(address, other.address + other.interval.byteLength);
      }
      placed.push({ interval, address });
      addresses.set(interval, address);
      this.#top = Math.max(this.#top, address + interval.byteLength);
    }
    return new Map(
      [...this.#intervals.values()].map((interval) => [interval.value, addresses.get(rootOf(interval))! + interval.lead]),
    );
  }
}

function regionRange({ kernels }: Schedule, region: number): { readonly first: number; readonly last: number } {
  const indexes = kernels.filter((kernel) => kernel.region === region).map(({ index }) => index);
  return { first: Math.min(...indexes), last: Math.max(...indexes) };
}

/** Constants that only element-wise operations read are part of the code. */
const needsMemory = (graph: Graph, { index, users }: Value): boolean =>
  graph.outputs.has(index) || users.some((user) => ['matmul', 'total'].includes(valueAt(graph, user).operation.op));

/** Whether a value has to be in memory: another kernel, another element or another time reads it. */
export function isStored({ graph, schedule, kept }: Pick<MemoryRequest, 'graph' | 'schedule' | 'kept'>, value: Value): boolean {
  const kernel = schedule.kernelOf.get(value.index);
  if (kernel === undefined) return false;
  const { op } = value.operation;
  if (kernel.type === 'single' || op === 'scan' || op === 'sum' || kept.has(value.index) || graph.outputs.has(value.index))
    return true;
  const domain = domainOf(graph, value);
  if (domain.rows !== value.rows || domain.columns !== value.columns) return true;
  return value.users.some((user) => schedule.kernelOf.get(user) !== kernel || kernel.heads.includes(user));
}

/** Plans the memory of a scheduled program. */
export function memoryPlanOf(request: MemoryRequest): MemoryPlan {
  return new MemoryPlanner(request).plan();
}
