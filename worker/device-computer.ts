// A device that sums leases for a worker: opened, proved, and after a loss opened and proved again before it computes anything.
//
// What may go wrong, and what follows:
//
//   a program does not fit                 program-rejected: the worker ends, its machine goes on with something else
//   a call fails, is lost or overruns      compute-failed: the lease is given back, the device is given up
//   the next lease finds no device         a new one is opened and proved; its programs and parameters are loaded again
//   no new one, or it computes otherwise   proof-failed: as with a program that does not fit

import type { Backend, DeviceBackend, Program, TreeNode } from '../tensor/index.js';
import { computeFailure, type Computer, type Proven } from './computer.js';
import { DeviceCheck } from './device-check.js';
import { DeviceProgram, type Parameters, type PartWork } from './device-program.js';
import type { ComputeFailureCode, ComputeResult, ComputeTask } from './events.js';
import { proveClass } from './proof-class.js';
import { sealSums } from './seal.js';
import { OverrunError, within, type Timers } from './timers.js';

/** A device that can be given up. */
export interface LeaseDevice extends DeviceBackend {
  /** Ends the device at once, also amid a call; calls that wait reject. */
  kill(): void;
}

/** Waiting times and sizes of a computer on a device. */
export interface DeviceComputerLimits {
  /** How long a part of a lease should take: a cancel is heard between parts. */
  readonly partMilliseconds: number;
  /** Opening and proving, or compiling a program, may take so long. */
  readonly preparationMilliseconds: number;
  /** A device that does not close in this time is ended by force. */
  readonly closeMilliseconds: number;
  /** With a program's first task and then with every so many, a microbatch is computed a second time by the reference. */
  readonly checkEvery: number;
}

/** Limits that suit every device. */
export const defaultDeviceLimits: DeviceComputerLimits = {
  partMilliseconds: 200,
  preparationMilliseconds: 120_000,
  closeMilliseconds: 3000,
  checkEvery: 256,
};

/** What a computer on a device is made of. */
export interface DeviceComputerParts {
  /** Opens the device; called again after a loss. */
  readonly open: () => Promise<LeaseDevice>;
  readonly sha256: (bytes: Uint8Array) => string;
  readonly timers: Timers;
  /** Computes the same on this thread, so that the device is checked now and then with the run's own parameters. */
  readonly reference?: Backend;
  readonly limits?: Partial<DeviceComputerLimits>;
  readonly log?: (level: 'info' | 'warning', text: string) => void;
}

/** A device that was opened and has proved its arithmetic. */
interface Session {
  readonly device: LeaseDevice;
  readonly proven: Proven;
  /** A program whose loading failed keeps its error for the first task. */
  readonly programs: Map<string, Promise<DeviceProgram>>;
}

/** A task with what it takes. */
interface Work extends PartWork {
  readonly program: Program;
  readonly parameters: Parameters;
}

/** The failure of a computation that has a code of its own. */
class DeviceFailure extends Error {
  readonly code: 'program-rejected' | 'proof-failed';

  constructor(code: DeviceFailure['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DeviceFailure';
    this.code = code;
  }
}

/** Sums leases on a device. One task at a time. */
export class DeviceComputer implements Computer {
  readonly #parts: DeviceComputerParts;
  readonly #limits: DeviceComputerLimits;
  readonly #programs = new Map<string, Program>();
  readonly #check: DeviceCheck | undefined;
  #parameters: Parameters = { values: new Float32Array(0), version: 0 };
  /** The device that is open or being proved. */
  #device: LeaseDevice | undefined;
  #session: Session | undefined;
  /** The class that the first device has shown: those after it have to show the same. */
  #arithmetic: Proven['arithmetic'] | undefined;
  #running: Promise<unknown> = Promise.resolve();
  #isBusy = false;
  #cancelledTaskId = 0;
  #isClosed = false;

  constructor(parts: DeviceComputerParts) {
    this.#parts = parts;
    this.#limits = { ...defaultDeviceLimits, ...parts.limits };
    this.#check = parts.reference === undefined ? undefined : new DeviceCheck(parts.reference);
  }

  async prove(): Promise<Proven> {
    const { proven } = await this.#ready();
    return proven;
  }

  loadProgram(sha256: string, program: Program): void {
    this.#programs.set(sha256, program);
    if (this.#session !== undefined) void this.#load(this.#session, sha256, program);
  }

  unloadProgram(sha256: string): void {
    this.#programs.delete(sha256);
    this.#check?.forget(sha256);
    const loading = this.#session?.programs.get(sha256);
    this.#session?.programs.delete(sha256);
    // A cancelled task may still be using it.
    void this.#running
      .then(() => loading)
      .then(
        (program) => program?.close(),
        () => undefined,
      );
  }

  loadParameters(bytes: Uint8Array): void {
    const values = new Float32Array(bytes.byteLength / 4);
    new Uint8Array(values.buffer).set(bytes);
    this.#parameters = { values, version: this.#parameters.version + 1 };
  }

  async compute(task: ComputeTask): Promise<ComputeResult> {
    const program = this.#programs.get(task.programSha256);
    if (program === undefined) return computeFailure('compute-failed', `program ${task.programSha256.slice(0, 8)} is not loaded`);
    this.#isBusy = true;
    const computing = this.#compute(task, program);
    this.#running = computing;
    const result = await computing;
    this.#isBusy = false;
    return result;
  }

  cancel(taskId: number): void {
    this.#cancelledTaskId = taskId;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const [device, isIdle] = [this.#device, !this.#isBusy && this.#session !== undefined];
    this.#device = undefined;
    this.#session = undefined;
    if (device === undefined) return;
    if (isIdle) await this.#within(this.#limits.closeMilliseconds, 'closing', device.close()).catch(() => undefined);
    // Ends what did not end by itself, and disturbs nothing that did.
    device.kill();
  }

  async #compute(task: ComputeTask, program: Program): Promise<ComputeResult> {
    const parameters = this.#parameters;
    let session: Session | undefined;
    try {
      session = await this.#ready();
      const loaded = await this.#load(session, task.programSha256, program);
      const startedAt = this.#parts.timers.now();
      const sums = await this.#sum(session, loaded, this.#workOf(task, program, parameters));
      if (sums === undefined) return { type: 'computeCancelled' };
      const milliseconds = this.#parts.timers.now() - startedAt;
      return { type: 'computed', sums, ...sealSums(sums, this.#parts.sha256), milliseconds };
    } catch (error) {
      const [code, reason] = [failureCodeOf(error), error instanceof Error ? error.message : String(error)];
      // A program that does not fit leaves the device as it was. Of everything else nobody knows what it has left.
      if (session !== undefined && code !== 'program-rejected') this.#giveUp(session, reason);
      return computeFailure(code, reason);
    }
  }

  #workOf(task: ComputeTask, program: Program, parameters: Parameters): Work {
    const { timers } = this.#parts;
    // Of each call, not of them all: a slow device that goes on is not one that hangs, and others may take its lease meanwhile.
    const limit = {
      milliseconds: task.limitMilliseconds,
      message: `a call took longer than ${Math.round(task.limitMilliseconds)} ms`,
    };
    return {
      task,
      program,
      parameters,
      partMilliseconds: this.#limits.partMilliseconds,
      now: () => timers.now(),
      isCancelled: () => this.#cancelledTaskId === task.taskId,
      await: (call) => within(timers, limit, call),
    };
  }

  async #sum({ proven }: Session, loaded: DeviceProgram, work: Work): Promise<Float32Array | undefined> {
    if (work.isCancelled()) return undefined;
    const earlierTasks = await loaded.begin(work.parameters, work);
    const isChecked = proven.arithmetic === 'exact' && earlierTasks % this.#limits.checkEvery === 0;
    if (isChecked) await this.#checkFirst(loaded, work);
    return loaded.sum(work.task.node, work);
  }

  async #checkFirst(loaded: DeviceProgram, work: Work): Promise<void> {
    if (this.#check === undefined) return;
    const { begin } = work.task.node;
    const first: TreeNode = { begin, end: begin + 1 };
    const sums = await loaded.sum(first, work);
    if (sums === undefined) return;
    const difference = this.#check.differenceIn(new Float32Array(sums), work.task, work.program, work.parameters);
    if (difference !== undefined) throw new DeviceFailure('proof-failed', `Cannot rely on the device: ${difference}`);
  }

  /** The device, opened and proved where there is none; rejects with code proof-failed where that does not succeed. */
  async #ready(): Promise<Session> {
    if (this.#session !== undefined) return this.#session;
    if (this.#isClosed) throw new TypeError('Cannot use the device: it was closed');
    const isFirst = this.#arithmetic === undefined;
    try {
      const session = await this.#within(this.#limits.preparationMilliseconds, 'opening and proving', this.#openAndProve());
      this.#arithmetic ??= session.proven.arithmetic;
      this.#session = session;
      for (const [sha256, program] of this.#programs) void this.#load(session, sha256, program);
      if (!isFirst) this.#parts.log?.('info', 'The device was opened again, and its proof has the same class as before');
      return session;
    } catch (error) {
      this.#device?.kill();
      this.#device = undefined;
      if (isFirst) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new DeviceFailure('proof-failed', `Cannot open the device again: ${reason}`, { cause: error });
    }
  }

  async #openAndProve(): Promise<Session> {
    const device = await this.#parts.open();
    // The device came too late for someone who has left.
    if (this.#isClosed) device.kill();
    else this.#device = device;
    const proven = await proveClass(device, this.#parts.sha256);
    if (this.#arithmetic !== undefined && proven.arithmetic !== this.#arithmetic) {
      throw new RangeError(`${proven.arithmetic} arithmetic found, ${this.#arithmetic} wanted`);
    }
    return { device, proven, programs: new Map() };
  }

  /** Compiles a program on a device and tries it, or gives the one that is there. */
  #load({ device, programs }: Session, sha256: string, program: Program): Promise<DeviceProgram> {
    const known = programs.get(sha256);
    if (known !== undefined) return known;
    const { preparationMilliseconds } = this.#limits;
    const loading = this.#within(preparationMilliseconds, 'compiling', DeviceProgram.load(device, program)).catch(refuse);
    programs.set(sha256, loading);
    loading.catch(() => undefined);
    return loading;
  }

  #giveUp({ device }: Session, reason: string): void {
    if (!this.#isClosed) this.#parts.log?.('warning', `The device is given up: ${reason}`);
    device.kill();
    this.#session = undefined;
    this.#device = undefined;
  }

  #within<T>(milliseconds: number, action: string, work: Promise<T>): Promise<T> {
    const message = `${action} took longer than ${milliseconds} ms`;
    return within(this.#parts.timers, { milliseconds, message }, work);
  }
}

/** A program that could not be loaded is refused; but without its device nothing is known of it. */
function refuse(error: unknown): never {
  if (codeOf(error) === 'webgpu-lost' || error instanceof OverrunError) throw error;
  throw new DeviceFailure('program-rejected', error instanceof Error ? error.message : String(error), { cause: error });
}

function failureCodeOf(error: unknown): ComputeFailureCode {
  if (error instanceof DeviceFailure) return error.code;
  return codeOf(error) === 'webgpu-over-limit' ? 'program-rejected' : 'compute-failed';
}

/** The code of a backend's error. */
function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
