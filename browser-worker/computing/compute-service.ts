// What a compute worker does for its pool: compile programs and sum parts of leases. It shares no memory with anyone, because a tab
// rarely may; so it listens between microbatches whether it is told to stop.

import { transfer } from 'comlink';
import { wasmBackend } from '../../backends/index.js';
import { addInto, childrenOf, deviceOf, type Executable, type Key, type Program, type TreeNode } from '../../tensor/index.js';
import { proveClass, type Proven } from '../../worker/index.js';
import { createDigest } from './digest.js';

/** A part of a lease as work. */
export interface PartTask {
  readonly taskId: number;
  readonly programSha256: string;
  readonly key: Key;
  readonly node: TreeNode;
  readonly microbatchSize: number;
}

/** What becomes of a part. */
export type PartAnswer =
  | { readonly type: 'summed'; readonly sums: Float32Array<ArrayBuffer> }
  | { readonly type: 'cancelled' }
  | { readonly type: 'rejected'; readonly reason: string };

interface LoadedProgram {
  readonly executable: Executable;
  /** Right sums of a part's own tree, by depth. */
  readonly buffers: Float32Array[];
  /** Which parameters are loaded. */
  parametersVersion: number;
}

/** So long a compute worker may be deaf. */
const attentionMilliseconds = 8;

/** The work of one compute worker; exposed over comlink. */
export class ComputeService {
  readonly #programs = new Map<string, LoadedProgram | { readonly rejected: string }>();
  readonly #channel = new MessageChannel();
  #parameters = new Float32Array(0);
  #parametersVersion = 0;
  #cancelledTaskId = 0;
  #listenedAt = 0;

  /** Proves this worker's class of arithmetic. */
  async prove(): Promise<Proven> {
    return proveClass(deviceOf(wasmBackend), await createDigest());
  }

  /** Compiles a program. A program that cannot be compiled is remembered as such; the first part with it says so. */
  loadProgram(sha256: string, program: Program): void {
    try {
      this.#programs.set(sha256, { executable: wasmBackend.compile(program), buffers: [], parametersVersion: -1 });
    } catch (error) {
      this.#programs.set(sha256, { rejected: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Forgets a program. */
  unloadProgram(sha256: string): void {
    this.#programs.delete(sha256);
  }

  /** Takes the parameters for the following parts. A part that is being summed keeps its own. */
  loadParameters(bytes: Uint8Array<ArrayBuffer>): void {
    this.#parameters = new Float32Array(bytes.slice().buffer);
    this.#parametersVersion += 1;
  }

  /** Stops a task after the microbatch at hand. */
  cancel(taskId: number): void {
    this.#cancelledTaskId = taskId;
  }

  /** Sums a part of a lease. */
  async sum(task: PartTask): Promise<PartAnswer> {
    const program = this.#programs.get(task.programSha256);
    if (program === undefined) return { type: 'rejected', reason: `program ${task.programSha256.slice(0, 8)} is not loaded` };
    if ('rejected' in program) return { type: 'rejected', reason: program.rejected };
    const { executable } = program;
    if (program.parametersVersion !== this.#parametersVersion) {
      executable.load(this.#parameters);
      program.parametersVersion = this.#parametersVersion;
    }
    const sums = new Float32Array(executable.outputLength);
    const isDone = await this.#sumNode(task.node, sums, { task, program, depth: 0 });
    return isDone ? transfer({ type: 'summed', sums }, [sums.buffer]) : { type: 'cancelled' };
  }

  /** As `sumNode` of worker/, which cannot wait between microbatches; false where the task was cancelled. */
  async #sumNode(node: TreeNode, target: Float32Array, { task, program, depth }: Work): Promise<boolean> {
    const children = childrenOf(node);
    if (children === undefined) return this.#runMicrobatch(node.begin, target, { task, program, depth });
    if (!(await this.#sumNode(children[0], target, { task, program, depth }))) return false;
    const right = (program.buffers[depth] ??= new Float32Array(program.executable.outputLength));
    if (!(await this.#sumNode(children[1], right, { task, program, depth: depth + 1 }))) return false;
    addInto(target, right);
    return true;
  }

  async #runMicrobatch(microbatchIndex: number, outputs: Float32Array, { task, program }: Work): Promise<boolean> {
    await this.#listen();
    if (this.#cancelledTaskId === task.taskId) return false;
    const { key, microbatchSize } = task;
    program.executable.run({ key, firstSequence: microbatchIndex * microbatchSize, sequenceCount: microbatchSize }, outputs);
    return true;
  }

  /** Lets messages in, now and then. A timer would wait longer than a microbatch takes. */
  async #listen(): Promise<void> {
    if (performance.now() - this.#listenedAt < attentionMilliseconds) return;
    const { port1, port2 } = this.#channel;
    await new Promise<void>((resolve) => {
      port1.onmessage = () => resolve();
      port2.postMessage(null);
    });
    this.#listenedAt = performance.now();
  }
}

interface Work {
  readonly task: PartTask;
  readonly program: LoadedProgram;
  readonly depth: number;
}
