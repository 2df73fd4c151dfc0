// Programs that take turns: real processes, one of which looks whether the other one has stopped.

import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Contestant, startGroup, takeTurns } from '../../benchmarks/turns.js';

/** A shell that starts a process of its own, as a study does. */
const started = (seconds: string): Contestant => {
  const child = startGroup('sh', ['-c', `sleep ${seconds} & wait`], { output: 'ignore' });
  return { processes: [child], end: once(child, 'close').then(() => {}) };
};

/** State letters of a process, T where it is stopped. */
const stateOf = (pid: number): string | undefined => /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];

test('takeTurns() gives each contestant its own seconds, and both come to their end', async () => {
  const seconds = await takeTurns([() => started('0.3'), () => started('0.1')], 50);
  expect(seconds).toHaveLength(2);
  for (const one of seconds) expect(one).toBeGreaterThan(0);
});

test.runIf(existsSync('/proc/self/stat'))('takeTurns() stops a contestant while another one is at work', async () => {
  const first = started('0.5');
  const states: (string | undefined)[] = [];
  const watching = async (): Promise<void> => {
    const [pid = 0] = first.processes.map((child) => child.pid);
    // A signal takes a moment to arrive.
    for (let look = 0; look < 100 && stateOf(pid) !== 'T'; look += 1) await sleep(10);
    states.push(stateOf(pid));
  };
  await takeTurns([() => first, () => ({ processes: [], end: watching() })], 50);
  expect(states).toEqual(['T']);
});
