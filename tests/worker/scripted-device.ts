// A device that computes with WASM and fails where a test wants it to, and a clock that the test turns.

import { wasmBackend, WebGpuError } from '../../backends/index.js';
import { deviceOf, type Floats, type Microbatch, type Program } from '../../tensor/index.js';
import type { LeaseDevice } from '../../worker/index.js';
import type { Timers } from '../../worker/timers.js';

/** A clock that stands still until it is turned. */
export class TurnedClock implements Timers {
  #now = 1000;
  readonly #alarms = new Set<{ readonly at: number; readonly callBack: () => void }>();

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, callBack: () => void): () => void {
    const alarm = { at: this.#now + milliseconds, callBack };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** Alarms that are set. */
  get alarmCount(): number {
    return this.#alarms.size;
  }

  turn(milliseconds: number): void {
    this.#now += milliseconds;
    for (const alarm of [...this.#alarms].filter(({ at }) => at <= this.#now)) {
      this.#alarms.delete(alarm);
      alarm.callBack();
    }
  }
}

/** What a device does otherwise than WASM. */
export interface Script {
  /** Before a program is compiled. */
  readonly onCompile?: (program: Program) => void | Promise<void>;
  /** Before a sum is computed. */
  readonly onSum?: (call: SumCall) => void | Promise<void>;
  /** With the sums, before they are given out. */
  readonly onSums?: (sums: Floats, call: SumCall) => void;
  readonly onClose?: () => Promise<void>;
}

/** A call for the sums of some microbatches. */
export interface SumCall {
  readonly program: Program;
  readonly first: Microbatch;
  readonly microbatchCount: number;
}

/** A device that follows a script and remembers what was asked of it. */
export class ScriptedDevice implements LeaseDevice {
  readonly name = 'scripted';
  readonly sums: SumCall[] = [];
  readonly loads: { readonly program: Program; readonly inputs: Float32Array }[] = [];
  readonly closed: Program[] = [];
  isClosed = false;
  isKilled = false;
  readonly #script: Script;
  readonly #device = deviceOf(wasmBackend);
  readonly #killed: Promise<never>;
  #kill: (error: Error) => void = () => undefined;

  constructor(script: Script = {}) {
    this.#script = script;
    this.#killed = new Promise((_, reject) => {
      this.#kill = reject;
    });
    this.#killed.catch(() => undefined);
  }

  async compile(program: Program) {
    await this.#unlessKilled(this.#script.onCompile?.(program));
    const executable = await this.#device.compile(program);
    return {
      ...executable,
      load: async (inputs: Float32Array) => {
        this.loads.push({ program, inputs: inputs.slice() });
        await this.#unlessKilled(executable.load(inputs));
      },
      sum: async (first: Microbatch, microbatchCount: number) => {
        const call = { program, first, microbatchCount };
        this.sums.push(call);
        await this.#unlessKilled(this.#script.onSum?.(call));
        const sums = await executable.sum(first, microbatchCount);
        this.#script.onSums?.(sums, call);
        return sums;
      },
      close: () => {
        this.closed.push(program);
      },
    };
  }

  async close(): Promise<void> {
    await this.#script.onClose?.();
    this.isClosed = true;
  }

  kill(): void {
    this.isKilled = true;
    this.#kill(new WebGpuError('webgpu-lost', 'the device was killed'));
  }

  async #unlessKilled(work: void | Promise<void>): Promise<void> {
    if (this.isKilled) await this.#killed;
    await Promise.race([work, this.#killed]);
  }
}
