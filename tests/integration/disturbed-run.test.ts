// A coordinator with three worker processes: one is killed while it holds a lease, one is stopped and continued, one joins late.
// The run ends with the serial trainer's parameters, and the record shows what happened.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { killAll, start, until, type RunningCommand } from './command.js';
import { configurationOf, serialDigest, temporaryFolder, writeConfiguration, type ProgramName } from './configurations.js';
import { openDetour, type Detour } from './detour.js';

interface Status {
  readonly step: number;
  readonly reissuedLeases: number;
  readonly workers: readonly { readonly name: string; readonly leaseCount: number; readonly committedNodes: number }[];
}

interface Result {
  readonly outcome: string;
  readonly parametersSha256: string;
  readonly reissuedLeases: number;
  readonly contributionsByWorker: Readonly<Record<string, { readonly committedNodes: number }>>;
}

afterAll(killAll);

const cases: readonly (readonly [ProgramName, number])[] = [
  ['gated-rnn', 8],
  ['linear-attention', 13],
  ['softmax-attention', 8],
  ['lstm', 13],
];
const steps = 400;
/** By a way this slow one worker needs at least four seconds for all steps, whatever the machine: a fraction of them is enough for the events. */
const slow = { delayMilliseconds: 10 } as const;

// Most of the time each of them waits until the coordinator gives a frozen worker up: they do so at the same time.
it.concurrent.for(cases)(
  '%s with %i microbatches survives kills, stops and late workers',
  async ([name, microbatches], { onTestFinished }) => {
    const ways: Detour[] = [];
    onTestFinished(() => ways.forEach((way) => way.close()));
    const config = configurationOf(name, { steps, microbatches, microbatchSize: 64 });
    const folder = temporaryFolder();
    const out = join(folder, 'run');
    const coordinator = start(['coordinator', writeConfiguration(folder, config), '--port', '0', '--out', out, '--json']);
    const address = await until('the coordinator listens', () => /ws:\/\/127\.0\.0\.1:\d+\//.exec(coordinator.stderr())?.[0]);
    const status = async (): Promise<Status> => {
      const response = await fetch(`${address.replace('ws:', 'http:')}status`).catch((cause: unknown) => {
        throw new Error(`Cannot ask the coordinator: ${coordinator.stderr()}`, { cause });
      });
      return (await response.json()) as Status;
    };
    const worker = async (workerName: string): Promise<RunningCommand> => {
      const way = await openDetour(address, slow);
      ways.push(way);
      return start(['worker', way.address, '--threads', '1', '--name', workerName, '--quiet']);
    };
    const has =
      (workerName: string, wanted: (found: Status['workers'][number]) => boolean) => async (): Promise<true | undefined> => {
        const found = (await status()).workers.find((candidate) => candidate.name === workerName);
        return found !== undefined && wanted(found) ? true : undefined;
      };

    const untilItWorks = (what: string, workerName: string): Promise<true> =>
      until(
        what,
        has(workerName, ({ committedNodes }) => committedNodes >= 20),
      );

    // Only one worker is awake at any time until the end of these events, so the run cannot be over before they have happened.
    const stopped = await worker('stopped');
    await untilItWorks('the first worker works', 'stopped');
    stopped.process.kill('SIGSTOP');
    const killed = await worker('killed');
    await untilItWorks('the second worker works alone', 'killed');
    // The only worker awake holds a lease when it is frozen, and keeps it: then it is killed.
    killed.process.kill('SIGSTOP');
    await until(
      'the frozen worker holds a lease',
      has('killed', ({ leaseCount }) => leaseCount > 0),
    );
    killed.process.kill('SIGKILL');
    const late = await worker('late');
    await untilItWorks('the late worker works', 'late');
    stopped.process.kill('SIGCONT');
    for (const way of ways) way.delayMilliseconds = 0;

    const { stdout, exitCode } = await coordinator.finished;
    const result = JSON.parse(stdout) as Result;
    expect(exitCode).toBe(0);
    expect(result.outcome).toBe('completed');
    expect(result.parametersSha256).toBe(serialDigest(config, wasmBackend));
    expect(result.reissuedLeases).toBeGreaterThan(0);
    expect(result.contributionsByWorker['stopped']?.committedNodes).toBeGreaterThanOrEqual(20);
    expect(result.contributionsByWorker['late']?.committedNodes).toBeGreaterThanOrEqual(20);
    expect((await stopped.finished).exitCode).toBe(0);
    expect((await late.finished).exitCode).toBe(0);
    expect(Object.keys(result.contributionsByWorker).sort()).toEqual(['killed', 'late', 'stopped']);
    const lines = readFileSync(join(out, 'contributions.jsonl'), 'utf8').trim().split('\n');
    expect(lines.length).toBeGreaterThan(steps);
  },
);
