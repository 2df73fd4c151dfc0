// A coordinator process for the browser tests: where it serves, what it tells, and what it leaves.

import { join } from 'node:path';
import type { RunConfig } from '../../learning/index.js';
import { start, until, type RunningCommand } from '../integration/command.js';
import { temporaryFolder, writeConfiguration } from '../integration/configurations.js';
import { openDetour } from '../integration/detour.js';

/** The part of /status that the tests look at. */
export interface Status {
  readonly step: number;
  readonly reissuedLeases: number;
  readonly workers: readonly {
    readonly name: string;
    readonly kind: string;
    readonly backend: string;
    readonly threadCount: number;
    readonly leaseCount: number;
    readonly committedNodes: number;
  }[];
}

/** The part of the result that the tests look at. */
export interface Result {
  readonly outcome: string;
  readonly steps: number;
  readonly parametersSha256: string;
  readonly reissuedLeases: number;
  readonly contributionsByWorker: Readonly<Record<string, { readonly committedNodes: number }>>;
}

/** A run that is served. */
export interface ServedRun {
  readonly folder: string;
  readonly port: string;
  readonly socketAddress: string;
  readonly pageAddress: string;
  readonly command: RunningCommand;
  readonly status: () => Promise<Status>;
  /** Tree nodes of a worker that is connected; undefined where it is not. */
  readonly nodesOf: (name: string) => Promise<number | undefined>;
  readonly result: () => Promise<Result>;
}

/**
 * A run of which no volunteer's sum is computed again. Where a tab is alone the coordinator would wait for somebody who can, in vain and for
 * seconds; what that is good for is tested elsewhere.
 */
export function trusting(config: RunConfig): RunConfig {
  return { ...config, coordination: { ...config.coordination, recheck: 0 } };
}

/** Starts `starling coordinator`. */
export async function serveRun(config: RunConfig): Promise<ServedRun> {
  const folder = join(temporaryFolder(), 'run');
  const file = writeConfiguration(temporaryFolder(), config);
  return follow(start(['coordinator', file, '--port', '0', '--out', folder, '--json']), folder);
}

/**
 * Starts `starling coordinator` behind a way by which a worker takes part in a hundred leases a second at most: enough for a run whose steps
 * nobody counts, and it leaves the processors to what is looked at.
 */
export async function serveSlowly(config: RunConfig): Promise<ServedRun> {
  const run = await serveRun(config);
  const way = await openDetour(run.socketAddress, { delayMilliseconds: 10 });
  void run.command.finished.then(() => way.close());
  const pageAddress = new URL('volunteer/', way.address.replace('ws:', 'http:')).href;
  return { ...run, socketAddress: way.address, pageAddress };
}

/** Starts `starling resume` where the run was served before. */
export async function resumeRun({ folder, port }: ServedRun): Promise<ServedRun> {
  return follow(start(['resume', folder, '--port', port, '--threads', '0', '--json']), folder);
}

async function follow(command: RunningCommand, folder: string): Promise<ServedRun> {
  const found = await until('the coordinator listens', () => /ws:\/\/127\.0\.0\.1:(\d+)\//.exec(command.stderr()) ?? undefined);
  const [socketAddress, port = ''] = found;
  const origin = `http://127.0.0.1:${port}`;
  const status = async (): Promise<Status> => {
    const response = await fetch(`${origin}/status`).catch((cause: unknown) => {
      throw new Error(`Cannot ask the coordinator: ${command.stderr()}`, { cause });
    });
    return (await response.json()) as Status;
  };
  const nodesOf = async (name: string): Promise<number | undefined> =>
    (await status()).workers.find((worker) => worker.name === name)?.committedNodes;
  const result = async (): Promise<Result> => JSON.parse((await command.finished).stdout) as Result;
  return { folder, port, socketAddress, pageAddress: `${origin}/volunteer/`, command, status, nodesOf, result };
}
