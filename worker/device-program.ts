// One program on a device: compiled, tried, and summed in parts.

import { addInto, childrenOf, type DeviceBackend, type DeviceExecutable, type Program, type TreeNode } from '../tensor/index.js';
import type { ComputeTask } from './events.js';
import { caseSequences } from './proof.js';

/** The parameters of a run at one step. */
export interface Parameters {
  readonly values: Float32Array;
  /** Ascending: no two versions are alike. */
  readonly version: number;
}

/** How a sum over a tree node goes on. */
export interface PartWork {
  readonly task: ComputeTask;
  /** How long a part should take: in between the task may be cancelled. */
  readonly partMilliseconds: number;
  readonly now: () => number;
  readonly isCancelled: () => boolean;
  /** Waits for a call to the device, but not for ever. */
  readonly await: <T>(call: Promise<T>) => Promise<T>;
}

/** A program that a device holds. One call at a time. */
export class DeviceProgram {
  readonly #executable: DeviceExecutable;
  #version = -1;
  /** Microbatches that a call sums: one until it is known how long that takes. */
  #partSize = 1;
  /** Tasks that began. */
  #taskCount = 0;

  private constructor(executable: DeviceExecutable) {
    this.#executable = executable;
  }

  /** Compiles a program and runs it once on zeros: what a device cannot do shows here and not amid a lease. */
  static async load(device: DeviceBackend, program: Program): Promise<DeviceProgram> {
    const executable = await device.compile(program);
    try {
      await executable.load(new Float32Array(executable.inputLength));
      await executable.sum({ key: [0, 0], firstSequence: 0, sequenceCount: caseSequences }, 1);
      return new DeviceProgram(executable);
    } catch (error) {
      executable.close();
      throw error;
    }
  }

  /** Gives the parameters of a task, where they are not there yet; gives how many tasks there were before. */
  async begin({ values, version }: Parameters, { await: limited }: PartWork): Promise<number> {
    if (this.#version !== version) {
      this.#version = -1;
      await limited(this.#executable.load(values));
      this.#version = version;
    }
    this.#taskCount += 1;
    return this.#taskCount - 1;
  }

  /** Sums a tree node, in parts where it takes long; undefined where it was cancelled on the way. */
  async sum(node: TreeNode, work: PartWork): Promise<Float32Array | undefined> {
    const children = node.end - node.begin > this.#partSize ? childrenOf(node) : undefined;
    if (children === undefined) return work.isCancelled() ? undefined : this.#sumPart(node, work);
    const left = await this.sum(children[0], work);
    const right = left === undefined ? undefined : await this.sum(children[1], work);
    if (left === undefined || right === undefined) return undefined;
    addInto(left, right);
    return left;
  }

  /** Gives the memory back. */
  close(): void {
    this.#executable.close();
  }

  async #sumPart({ begin, end }: TreeNode, work: PartWork): Promise<Float32Array> {
    const { key, microbatchSize } = work.task;
    const startedAt = work.now();
    const first = { key, firstSequence: begin * microbatchSize, sequenceCount: microbatchSize };
    const sums = await work.await(this.#executable.sum(first, end - begin));
    const pace = (work.now() - startedAt) / (end - begin);
    // More microbatches in a call take less time each, never more: this is too small at first and right soon.
    this.#partSize = Math.max(1, Math.floor(work.partMilliseconds / Math.max(pace, 1e-3)));
    return sums;
  }
}
