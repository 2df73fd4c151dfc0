// In which pieces of time the body's kernels run: a region one step at a time, a run of kernels over many steps chunk by chunk, so
// that what one kernel wrote is still in the cache when the next one reads it; everything else in one call.

import type { AccessMap } from './access.js';
import type { Phase } from './emit.js';
import type { Graph } from './graph.js';
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
}

/** Cuts the body into phases. */
export function phasesOf({ graph, schedule }: PhaseRequest): Phases {
  const phases: Phase[] = [];
  const rowsPerCall = new Map<Kernel, number>();
  const body = schedule.kernels.filter(({ stage, deferred }) => stage === 'body' && !deferred);
  for (const kernel of schedule.kernels) rowsPerCall.set(kernel, kernel.region === undefined ? kernel.rows : 1);
  for (let index = 0; index < body.length;) {
    const first = body[index]!;
    let end = index + 1;
    if (first.region !== undefined) while (body[end]?.region === first.region) end++;
    const kernels = body.slice(index, end);
    const reverse = first.region !== undefined && graph.program.regions[first.region]?.reverse === true;
    const isRegion = first.region !== undefined;
    phases.push({ kernels, rows: first.rows, rowsPerCall: isRegion ? 1 : first.rows, reverse });
    index = end;
  }
  return { phases, rowsPerCall, sharedLifetimes: [] };
}
