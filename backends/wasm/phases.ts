// In which pieces of time the body's kernels run: a region one step at a time; a run of kernels over many steps chunk by chunk, so
// that what one kernel wrote is still in the cache when the next one reads it; everything else in one call.

import { type AccessMap, elementBytes, isView } from './access.js';
import type { Phase } from './emit.js';
import { type Graph, valueAt } from './graph.js';
import type { Kernel, Schedule } from './schedule.js';

/** The body's calls, and which kernels are interleaved. */
export interface Phases {
  readonly phases: readonly Phase[];
  readonly rowsPerCall: ReadonlyMap<Kernel, number>;
  /** First and last kernel of every run whose kernels alternate: whatever lives in one of them lives in all. */
  readonly sharedLifetimes: readonly { readonly first: number; readonly last: number }[];
}

/** What the phases are made from. */
export interface PhaseRequest {
  readonly graph: Graph;
  readonly map: AccessMap;
  readonly schedule: Schedule;
  readonly chunked: boolean;
  /** Bytes of a panel that may wait in the cache for the next kernel. */
  readonly chunkBytes: number;
}

type Direction = Kernel['direction'];

/** Kernels that alternate, in the order of the schedule. */
interface Run {
  readonly kernels: readonly Kernel[];
  readonly direction: Direction;
}

/** Fewer time steps than this are not worth a call. */
const fewestRows = 4;

/** Cuts the body into phases. */
export function phasesOf(request: PhaseRequest): Phases {
  const { graph, schedule, chunked } = request;
  const body = schedule.kernels.filter(({ stage, deferred }) => stage === 'body' && !deferred);
  const rowsPerCall = new Map(schedule.kernels.map((kernel) => [kernel, kernel.region === undefined ? kernel.rows : 1]));
  const phases: Phase[] = [];
  const sharedLifetimes: { readonly first: number; readonly last: number }[] = [];
  for (const { kernels, direction } of runsOf(request, body, chunked)) {
    const first = kernels[0]!;
    const isRegion = first.region !== undefined;
    const reverse = isRegion ? graph.program.regions[first.region]?.reverse === true : direction < 0;
    const rows = isRegion ? 1 : kernels.length > 1 ? chunkRows(kernels, request.chunkBytes) : first.rows;
    if (!isRegion && rows < first.rows) sharedLifetimes.push({ first: first.index, last: kernels.at(-1)!.index });
    if (isRegion || rows < first.rows) {
      for (const kernel of kernels) rowsPerCall.set(kernel, rows);
      phases.push({ kernels, rows: first.rows, rowsPerCall: rows, reverse });
    } else for (const kernel of kernels) phases.push({ kernels: [kernel], rows: 1, rowsPerCall: 1, reverse: false });
  }
  return { phases, rowsPerCall, sharedLifetimes };
}

/** The largest divisor of the number of time steps whose panels fit into the cache, or else the smallest that is worth it. */
function chunkRows(kernels: readonly Kernel[], chunkBytes: number): number {
  const { rows } = kernels[0]!;
  const widest = Math.max(...kernels.map(({ columns }) => columns));
  let chunk = rows;
  for (let candidate = rows; candidate >= fewestRows && chunk * widest * elementBytes > chunkBytes; candidate--) {
    if (rows % candidate === 0) chunk = candidate;
  }
  return chunk;
}

function runsOf(request: PhaseRequest, body: readonly Kernel[], chunked: boolean): readonly Run[] {
  const runs: Run[] = [];
  for (const kernel of body) {
    const last = runs.at(-1);
    const joined = last === undefined ? undefined : extended(request, last, kernel, chunked);
    if (joined !== undefined) runs[runs.length - 1] = joined;
    else if (last !== undefined && chunked) runs.push(...splitBefore(request, runs.pop()!, kernel));
    else runs.push({ kernels: [kernel], direction: kernel.direction });
  }
  return runs;
}

/** The run with one more kernel, if that can alternate with the others. */
function extended(request: PhaseRequest, run: Run, kernel: Kernel, chunked: boolean): Run | undefined {
  const first = run.kernels[0]!;
  const direction = run.direction || kernel.direction;
  const result = { kernels: [...run.kernels, kernel], direction };
  if (first.region !== undefined || kernel.region !== undefined) return first.region === kernel.region ? result : undefined;
  if (!chunked || kernel.rows !== first.rows || !isChunkable(request, first) || !isChunkable(request, kernel)) return undefined;
  if (kernel.direction !== 0 && kernel.direction !== direction) return undefined;
  return readsInStep(request, run.kernels, kernel) ? result : undefined;
}

/** A run and the kernel after it. Kernels at the run's end that go in either direction of time go with the newcomer if they can. */
function splitBefore(request: PhaseRequest, run: Run, kernel: Kernel): readonly Run[] {
  let moved: Run = { kernels: [kernel], direction: kernel.direction };
  const kept = [...run.kernels];
  while (kept.length > 1 && kept.at(-1)!.direction === 0) {
    const start: Run = { kernels: [kept.at(-1)!], direction: 0 };
    const candidate = moved.kernels.reduce<Run | undefined>((sum, next) => sum && extended(request, sum, next, true), start);
    if (candidate === undefined) break;
    moved = candidate;
    kept.pop();
  }
  return [{ kernels: kept, direction: run.direction }, moved];
}

function isChunkable({ graph }: PhaseRequest, { type, heads, region }: Kernel): boolean {
  if (region !== undefined || type === 'laneSums') return false;
  return type !== 'single' || valueAt(graph, heads[0]!).operation.op === 'weightGradient';
}

/** Whether a kernel reads what the run computes at the same time step only. */
function readsInStep({ graph, map, schedule }: PhaseRequest, run: readonly Kernel[], kernel: Kernel): boolean {
  const operands = [...kernel.heads, ...kernel.operations].flatMap((index) => valueAt(graph, index).operands);
  return operands.every((operand) => {
    const access = map.accesses.get(operand);
    const producer = access === undefined ? undefined : schedule.kernelOf.get(access.root);
    if (producer === undefined || !run.includes(producer)) return true;
    const value = valueAt(graph, operand);
    return value.rows === kernel.rows && !(isView(value) && !map.copies.has(operand));
  });
}
