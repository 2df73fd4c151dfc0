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
  let memory: MemoryReport = { rss: NaN, heapUsed: NaN, external: NaN, processorMicroseconds: NaN };
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
  let before = await countOf(address, memory);
  while ((before.at - startedAt) / 60_000 < minutes && command.process.exitCode === null) {
    await pause(sampleMilliseconds);
    const now = await countOf(address, memory);
    samples.push(sampleOf({ startedAt, before, now, memory, processId: command.process.pid ?? 0 }));
    before = now;
    const sample = samples.at(-1);
    if (sample !== undefined && samples.length % 10 === 0) say(lineOf(sample));
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

/** What has been contributed at one moment. */
interface Count {
  /** Milliseconds of a steady clock. */
  readonly at: number;
  readonly step: number;
  readonly contributions: number;
  readonly tabs: number;
  readonly processorMicroseconds: number;
}

/** Asks the coordinator. Throws where it does not answer: it has to, under any load that these tabs are. */
async function countOf(address: string, { processorMicroseconds }: MemoryReport): Promise<Count> {
  const status = await statusOf(address);
  if (status === undefined) throw new Error('Cannot judge tabs: the coordinator does not tell its status');
  const contributions = status.workers.reduce((sum, { committedNodes }) => sum + committedNodes, 0);
  return { at: performance.now(), step: status.step, contributions, tabs: status.workers.length, processorMicroseconds };
}

interface SampleSources {
  readonly startedAt: number;
  readonly before: Count;
  readonly now: Count;
  readonly memory: MemoryReport;
  readonly processId: number;
}

function sampleOf({ startedAt, before, now, memory, processId }: SampleSources): TabSample {
  const [milliseconds, stepCount] = [now.at - before.at, now.step - before.step];
  const contributions = now.contributions - before.contributions;
  const processorMicroseconds = now.processorMicroseconds - before.processorMicroseconds;
  return {
    minutes: (now.at - startedAt) / 60_000,
    step: now.step,
    contributionsPerSecond: (1000 * contributions) / milliseconds,
    processorMicrosecondsPerContribution: processorMicroseconds / Math.max(1, contributions),
    millisecondsPerStep: stepCount > 0 ? milliseconds / stepCount : undefined,
    rssMegabytes: memory.rss / megabyte,
    heapMegabytes: memory.heapUsed / megabyte,
    externalMegabytes: memory.external / megabyte,
    descriptors: descriptorsOf(processId),
    workers: now.tabs,
  };
}

function lineOf({ minutes, contributionsPerSecond, rssMegabytes, workers }: TabSample): string {
  const [rate, memory] = [contributionsPerSecond.toFixed(0), rssMegabytes.toFixed(0)];
  return `${minutes.toFixed(1)} min: ${rate} contributions/s, ${memory} MB, ${workers} tabs`;
}

async function openTabs(address: string): Promise<ChildProcess> {
  const module = fileURLToPath(new URL('../../benchmarks/entries/coordinator-load.js', import.meta.url));
  const tabs = fork(module, [address, String(tabCount), 'browser']);
  process.once('exit', () => tabs.kill('SIGKILL'));
  await once(tabs, 'message');
  return tabs;
}
