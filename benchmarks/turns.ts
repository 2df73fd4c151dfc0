// Programs that take turns on this machine: while one is at work the others are stopped. A machine that is shared is faster in one minute
// than in the next one, and so all of them have the same minutes.

import { type ChildProcess, spawn } from 'node:child_process';
import { treeOf } from './process-tree.js';

/** A program, as a process group or several. */
export interface Contestant {
  readonly processes: readonly ChildProcess[];
  /** Settles at its end. */
  readonly end: Promise<void>;
}

/** What a process is started with. */
export interface GroupOptions {
  readonly output: 'pipe' | 'ignore';
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts a process in a group of its own, which ends with this process at the latest. */
export function startGroup(command: string, args: readonly string[], { output, environment }: GroupOptions): ChildProcess {
  const env = { ...process.env, ...environment };
  const child = spawn(command, args, { detached: true, env, stdio: ['pipe', output, 'inherit'] });
  const end = (): void => signal(child, 'SIGKILL');
  const interrupted = (): void => process.exit(130);
  process.once('exit', end).once('SIGINT', interrupted);
  child.once('close', () => process.off('exit', end).off('SIGINT', interrupted));
  return child;
}

/** Lets the contestants take turns until all have ended; the first one begins. Gives the seconds for which each of them was at work. */
export async function takeTurns(start: readonly (() => Contestant)[], turnMilliseconds: number): Promise<readonly number[]> {
  const seconds = start.map(() => 0);
  const contestants: (Contestant | undefined)[] = start.map(() => undefined);
  const ended = new Set<number>();
  while (ended.size < start.length) {
    for (const [index, begin] of start.entries()) {
      if (ended.has(index)) continue;
      const from = performance.now();
      const known = contestants[index];
      const contestant = known ?? begin();
      contestants[index] = contestant;
      if (known !== undefined) for (const child of known.processes) signal(child, 'SIGCONT');
      const hasEnded = await endsWithin(contestant, turnMilliseconds);
      if (hasEnded) ended.add(index);
      else for (const child of contestant.processes) signal(child, 'SIGSTOP');
      seconds[index] = (seconds[index] ?? 0) + (performance.now() - from) / 1000;
    }
  }
  return seconds;
}

async function endsWithin({ end }: Contestant, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const turn = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), milliseconds)));
  const hasEnded = await Promise.race([end.then(() => true), turn]);
  clearTimeout(timer);
  return hasEnded;
}

/** To a process's group and to the groups of all that it started. */
function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  for (const member of pid === undefined ? [] : treeOf(pid)) {
    for (const target of [-member, member]) {
      try {
        process.kill(target, name);
      } catch {
        // It has ended meanwhile, or leads no group.
      }
    }
  }
}
