// The states of scans that nobody reads outside their kernel: the state of the last time step is all that has to be kept.

import type { AccessMap } from './access.js';
import { type Graph, type Value, valueAt } from './graph.js';
import type { Schedule } from './schedule.js';

/** The map with one row for each scan whose states are read in its own kernel only. */
export function withoutUnreadStates(map: AccessMap, graph: Graph, schedule: Schedule): AccessMap {
  const scans = graph.order.filter((value) => isUnread(value, graph, schedule));
  const accesses = new Map(map.accesses);
  const panels = new Map(map.panels);
  for (const { index } of scans) {
    accesses.set(index, { ...map.accesses.get(index)!, rowStride: 0 });
    panels.set(index, { rowStride: 0, rows: 1, guard: { before: 0, after: 0 } });
  }
  return { ...map, accesses, panels };
}

function isUnread({ index, operation, users, rows }: Value, graph: Graph, { kernelOf }: Schedule): boolean {
  if (operation.op !== 'scan' || rows === 1 || graph.outputs.has(index)) return false;
  const own = kernelOf.get(index)!;
  return users.every((user) => kernelOf.get(user) === own && !own.heads.includes(user) && valueAt(graph, user).rows === rows);
}
