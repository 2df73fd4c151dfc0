// A coordinator with three worker processes: one is killed while it holds a lease, one is stopped and continued, one joins late.
// The run ends with the serial trainer's parameters, and the record shows what happened.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { killAll, start, until, type RunningCommand } from './command.js';
import { configurationOf, serialDigest, temporaryFolder, writeConfiguration, type ProgramName } from './configurations.js';

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

afterEach(killAll);

const cases: readonly (readonly [ProgramName, number, number])[] = [
  ['gated-rnn', 8, 6000],
  ['linear-attention', 13, 6000],
  ['softmax-attention', 8, 6000],
  ['lstm', 13, 4000],
];

it.each(cases)('%s with %i microbatches survives kills, stops and late workers', async (name, microbatches, steps) => {
  const config = configurationOf(name, { steps, microbatches, microbatchSize: 64 });
  const folder = temporaryFolder();
  const out = join(folder, 'run');
  const coordinator = start(['coordinator', writeConfiguration(folder, config), '--port', '0', '--out', out, '--json']);
  const address = await until('the coordinator listens', () => /ws:\/\/127\.0\.0\.1:\d+/.exec(coordinator.stderr())?.[0]);
  const status = async (): Promise<Status> => {
    const response = await fetch(`${address.replace('ws:', 'http:')}/status`);
    return (await response.json()) as Status;
  };
  const worker = (workerName: string): RunningCommand => start(['worker', address, '--threads', '1', '--name', workerName, '--quiet']);
  const has = (workerName: string, wanted: (found: Status['workers'][number]) => boolean) => async (): Promise<true | undefined> => {
    const found = (await status()).workers.find((candidate) => candidate.name === workerName);
    return found !== undefined && wanted(found) ? true : undefined;
  };

  const [killed, stopped] = [worker('killed'), worker('stopped')];
  await until('both work', has('killed', ({ committedNodes }) => committedNodes > 5));
  await until('both work', has('stopped', ({ committedNodes }) => committedNodes > 5));
  // A frozen worker that is given a lease holds it: then it is killed.
  killed.process.kill('SIGSTOP');
  await until('the frozen worker holds a lease', has('killed', ({ leaseCount }) => leaseCount > 0));
  killed.process.kill('SIGKILL');
  const late = worker('late');
  await until('the late worker works', has('late', ({ committedNodes }) => committedNodes > 5));
  const before = (await status()).reissuedLeases;
  stopped.process.kill('SIGSTOP');
  await until('a lease of the stopped worker is issued again', async () => ((await status()).reissuedLeases > before ? true : undefined));
  stopped.process.kill('SIGCONT');

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
});
