// A run that is served by a real coordinator process: where it listens, and what its status page says.

import { startIn, until, type RunningCommand, type Surroundings } from './command.js';

/** What the status page says, as far as it is read here. */
export interface ServedStatus {
  readonly step: number;
  readonly reissuedLeases: number;
  readonly workers: readonly { readonly name: string; readonly leaseCount: number; readonly committedNodes: number }[];
}

/** A coordinator process that listens. */
export interface ServedRun {
  readonly command: RunningCommand;
  /** `ws://host:port/` */
  readonly address: string;
}

/** Starts `starling ARGS`, a command that serves a run, and waits until it listens. */
export async function serve(args: readonly string[], surroundings: Surroundings = {}): Promise<ServedRun> {
  const command = startIn(surroundings, args);
  const address = await until('the coordinator listens', () => {
    if (command.process.exitCode !== null) throw new Error(`Cannot serve: ${command.stderr()}`);
    return /ws:\/\/127\.0\.0\.1:\d+\//.exec(command.stderr())?.[0];
  });
  return { command, address };
}

/** What the coordinator at an address says now; undefined where none answers. */
export async function statusOf(address: string): Promise<ServedStatus | undefined> {
  try {
    const response = await fetch(`${address.replace('ws:', 'http:')}status`, { signal: AbortSignal.timeout(5000) });
    return response.ok ? ((await response.json()) as ServedStatus) : undefined;
  } catch {
    return undefined;
  }
}

/** Waits until the coordinator at an address has committed so many steps, and tells how many it has. */
export function untilStep(address: string, step: number, limitMilliseconds?: number): Promise<number> {
  const probe = async (): Promise<number | undefined> => {
    const found = (await statusOf(address))?.step;
    return found === undefined || found < step ? undefined : found;
  };
  return until(`step ${step}`, probe, limitMilliseconds);
}
