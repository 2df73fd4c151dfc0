// A simulated process: what is meant for it happens while it runs, waits while it is frozen, and is lost when it is dead.

import type { VirtualClock } from './virtual-clock.js';

/** One life of a coordinator or worker. */
export class SimulatedProcess {
  readonly #clock: VirtualClock;
  #state: 'running' | 'frozen' | 'dead' = 'running';
  #waiting: (() => void)[] = [];
  #clockOffset = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  get isDead(): boolean {
    return this.#state === 'dead';
  }

  /** The steady clock as the process sees it. */
  get now(): number {
    return this.#clock.now + this.#clockOffset;
  }

  /** Does something now, or when the process thaws, or never. */
  run(task: () => void): void {
    if (this.#state === 'running') task();
    else if (this.#state === 'frozen') this.#waiting.push(task);
  }

  /** Does something after a while of the process's own time. */
  after(milliseconds: number, task: () => void): void {
    this.#clock.after(milliseconds, () => this.run(task));
  }

  /** Stops the process as SIGSTOP does, or as a laptop does when its lid closes. */
  freeze(): void {
    if (this.#state === 'running') this.#state = 'frozen';
  }

  /** Lets a frozen process go on: everything that it missed happens at once. */
  thaw(): void {
    if (this.#state !== 'frozen') return;
    this.#state = 'running';
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const task of waiting) this.run(task);
  }

  /** Ends the process as SIGKILL does. */
  kill(): void {
    this.#state = 'dead';
    this.#waiting = [];
  }

  /** Moves the steady clock forward, as machines do that slept. */
  jumpForward(milliseconds: number): void {
    this.#clockOffset += Math.max(0, milliseconds);
  }
}
