// How much of the processors' time threads have had: what they computed, without what they waited for or were put aside for others.

import { readdirSync, readFileSync } from 'node:fs';
import { treeOf } from './process-tree.js';

/** Ticks of Linux's accounts of time, for every program. */
const ticksPerSecond = 100;
const sampleMilliseconds = 250;

/** A watch over the threads of a process and of those that it starts. */
export interface ThreadWatch {
  /** Seconds of processor time by thread, the largest first, as of the last look; undefined where the system keeps no such accounts. */
  stop(): readonly number[] | undefined;
}

/** Watches a process by /proc, a few times a second. */
export function watchThreads(pid: number): ThreadWatch {
  const seconds = new Map<string, number>();
  const timer = setInterval(() => look(pid, seconds), sampleMilliseconds);
  return {
    stop: () => {
      clearInterval(timer);
      return seconds.size === 0 ? undefined : [...seconds.values()].toSorted((a, b) => b - a);
    },
  };
}

function look(root: number, seconds: Map<string, number>): void {
  for (const pid of treeOf(root)) {
    try {
      for (const thread of readdirSync(`/proc/${pid}/task`)) {
        // After the name in parentheses, which may hold anything: state, and then numbers.
        const fields = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        seconds.set(`${pid}/${thread}`, (Number(fields[11]) + Number(fields[12])) / ticksPerSecond);
      }
    } catch {
      // A thread or process that has ended meanwhile, or a system without /proc.
    }
  }
}
