// The processes that a process has started, by Linux's /proc.

import { readdirSync, readFileSync } from 'node:fs';

/** The process and all that descend from it; itself alone where the system does not tell. */
export function treeOf(pid: number): readonly number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ');
      return children.map((child) => Number(child.trim())).filter((child) => child > 0);
    });
  } catch {
    // It has ended meanwhile, or there is no /proc.
    return [];
  }
}
