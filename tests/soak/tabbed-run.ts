// Part three: a hundred tabs over real sockets, which answer every lease at once with sums that were made before. What a coordinator
// takes of them in a second, and whether it forgets what it has taken.

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { manyContributionsConfiguration } from '../../benchmarks/run-configurations.js';
import { buildPlan } from '../../learning/index.js';
import { outputLength } from '../../tensor/index.js';
import { temporaryFolder, writeConfiguration } from '../integration/configurations.js';
import { serve, statusOf } from '../integration/served-run.js';
import type { MemoryReport } from './memory-report.js';
import { descriptorsOf, type TabSample } from './samples.js';
import { tabVerdicts, type Verdict } from './verdicts.js';

/** What part three shows. */
export interface TabbedRun {
  readonly tabCount: number;
  readonly minutes: number;
  readonly payloadBytes: number;
  readonly samples: readonly TabSample[];
  readonly verdicts: readonly Verdict[];
}

const tabCount = 100;
const sampleMilliseconds = 3000;
const megabyte = 2 ** 20;

/** Runs for so many minutes. */
export async function runUnderTabs(minutes: number, say: (text: string) => void): Promise<TabbedRun> {
  const folder = temporaryFolder();
  const config = manyContributionsConfiguration();
  const payloadBytes = 4 * outputLength(buildPlan(config).trainProgram);
  let memory: MemoryReport = { rss: NaN, heapUsed: NaN, external: NaN };
  const surroundings = {
    preload: fileURLToPath(new URL('./memory-report.js', import.meta.url)),
    onMessage: (message: unknown) => void (memory = message as MemoryReport),
  };
  const { command, address } = await serve(
    ['coordinator', writeConfiguration(folder, config), '--port', '0', '--out', join(folder, 'run'), '--json', '--quiet'],
    surroundings,
  );
  const tabs = await openTabs(address);
  const samples: TabSample[] = [];
  const startedAt = performance.now();
  let before = { minutes: 0, step: 0, contributions: 0 };
  while (before.minutes < minutes && command.process.exitCode === null) {
    await pause(sampleMilliseconds);
    const status = await statusOf(address);
    if (status === undefined) continue;
    const elapsed = (performance.now() - startedAt) / 60_000;
    const contributions = status.workers.reduce((sum, { committedNodes }) => sum + committedNodes, 0);
    const [stepCount, milliseconds] = [status.step - before.step, 60_000 * (elapsed - before.minutes)];
    const contributionsPerSecond = (1000 * (contributions - before.contributions)) / milliseconds;
    samples.push({
      ...{ minutes: elapsed, step: status.step, contributionsPerSecond },
      millisecondsPerStep: stepCount > 0 ? milliseconds / stepCount : undefined,
      rssMegabytes: memory.rss / megabyte,
      heapMegabytes: memory.heapUsed / megabyte,
      externalMegabytes: memory.external / megabyte,
      descriptors: descriptorsOf(command.process.pid ?? 0),
      workers: status.workers.length,
    });
    before = { minutes: elapsed, step: status.step, contributions };
    if (samples.length % 10 === 0) {
      const rss = (memory.rss / megabyte).toFixed(0);
      say(
        `${elapsed.toFixed(1)} min: ${contributionsPerSecond.toFixed(0)} contributions/s, ${rss} MB, ${status.workers.length} tabs`,
      );
    }
  }
  tabs.kill('SIGKILL');
  command.process.kill('SIGINT');
  const { exitCode, stderr } = await command.finished;
  rmSync(folder, { recursive: true });
  // It was stopped before its end: any other code means that it ended by itself.
  if (exitCode !== stoppedExitCode)
    throw new Error(`Cannot judge tabs: the coordinator ended with exit code ${exitCode}\n${stderr}`);
  return { tabCount, minutes, payloadBytes, samples, verdicts: tabVerdicts(samples, { minutes, tabCount }) };
}

const stoppedExitCode = 4;

async function openTabs(address: string): Promise<ChildProcess> {
  const module = fileURLToPath(new URL('../../benchmarks/entries/coordinator-load.js', import.meta.url));
  const tabs = fork(module, [address, String(tabCount), 'browser']);
  process.once('exit', () => tabs.kill('SIGKILL'));
  await once(tabs, 'message');
  return tabs;
}
