// Workers that join, freeze, thaw and die every few seconds, by chance. Two are awake at any time, so that there is always work done.

import { setTimeout as pause } from 'node:timers/promises';
import { start, type RunningCommand } from '../integration/command.js';

/** How often each thing has happened. */
export interface ChurnCounts {
  joined: number;
  frozen: number;
  thawed: number;
  killed: number;
}

/** Where and how. */
export interface ChurnOptions {
  readonly address: string;
  /** Uniform in [0, 1). */
  readonly chance: () => number;
  readonly signal: AbortSignal;
}

interface LiveWorker {
  readonly command: RunningCommand;
  isFrozen: boolean;
}

const workerLimit = 5;
const awakeAtLeast = 2;
const milliseconds = { least: 1000, most: 3500 };

/** Workers that come and go until they are no longer wanted. */
export class Churn {
  readonly counts: ChurnCounts = { joined: 0, frozen: 0, thawed: 0, killed: 0 };
  readonly #options: ChurnOptions;
  #workers: LiveWorker[] = [];

  constructor(options: ChurnOptions) {
    this.#options = options;
  }

  /** Processes that are there now. */
  get workerCount(): number {
    return this.#workers.length;
  }

  /** Goes on until the signal; then kills those that are left. */
  async run(): Promise<void> {
    const { chance, signal } = this.#options;
    for (let count = 0; count < awakeAtLeast; count++) this.#join();
    while (!signal.aborted) {
      const duration = milliseconds.least + chance() * (milliseconds.most - milliseconds.least);
      await pause(duration, undefined, { signal }).then(
        () => this.#act(),
        () => undefined,
      );
    }
    for (const { command } of this.#workers) command.process.kill('SIGKILL');
    await Promise.all(this.#workers.map(({ command }) => command.finished));
  }

  #act(): void {
    this.#workers = this.#workers.filter(({ command }) => command.process.exitCode === null);
    const frozen = this.#workers.filter(({ isFrozen }) => isFrozen);
    const awake = this.#workers.filter(({ isFrozen }) => !isFrozen);
    const possible = [
      ...(this.#workers.length < workerLimit ? [() => this.#join()] : []),
      ...(frozen.length > 0 ? [() => this.#thaw(this.#oneOf(frozen))] : []),
      ...(awake.length > awakeAtLeast ? [() => this.#freeze(this.#oneOf(awake)), () => this.#kill(this.#oneOf(awake))] : []),
      ...(frozen.length > 0 ? [() => this.#kill(this.#oneOf(frozen))] : []),
    ];
    if (awake.length < awakeAtLeast) this.#join();
    else this.#oneOf(possible)?.();
  }

  #oneOf<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#options.chance() * items.length)];
  }

  #join(): void {
    this.counts.joined += 1;
    const name = `worker-${this.counts.joined}`;
    const command = start(['worker', this.#options.address, '--threads', '1', '--name', name, '--quiet']);
    this.#workers.push({ command, isFrozen: false });
  }

  #freeze(worker: LiveWorker | undefined): void {
    if (worker === undefined) return;
    worker.isFrozen = worker.command.process.kill('SIGSTOP');
    this.counts.frozen += 1;
  }

  #thaw(worker: LiveWorker | undefined): void {
    if (worker === undefined) return;
    worker.isFrozen = false;
    worker.command.process.kill('SIGCONT');
    this.counts.thawed += 1;
  }

  #kill(worker: LiveWorker | undefined): void {
    if (worker === undefined) return;
    this.#workers = this.#workers.filter((other) => other !== worker);
    worker.command.process.kill('SIGKILL');
    this.counts.killed += 1;
  }
}
