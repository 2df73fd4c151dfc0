// What a compute thread does for its pool: compile programs, and take tasks from the board until none is left.

import type { Backend, Executable, Key, Program, TreeNode } from '../tensor/index.js';
import { addInto, deviceOf } from '../tensor/index.js';
import {
  computeSegment,
  planTasks,
  proveClass,
  sealSums,
  sumNode,
  type Proven,
  type Seal,
  type SegmentTask,
  type TaskPlan,
} from '../worker/index.js';
import { boardLayout, vectorAt, type ProgramMemory, type Side } from './shared-memory.js';

/** A lease as the threads see it: all of them get the same one and share it by the board. */
export interface SharedTask {
  readonly taskId: number;
  readonly programSha256: string;
  readonly parametersVersion: number;
  readonly parametersSide: Side;
  readonly resultSide: Side;
  readonly key: Key;
  readonly node: TreeNode;
  readonly microbatchSize: number;
  readonly taskCount: number;
}

/** What one thread has to say of a task: only the one that finished last has the seal. */
export type ThreadAnswer =
  | { readonly type: 'done' }
  | ({ readonly type: 'sealed' } & Seal)
  | { readonly type: 'cancelled' }
  | { readonly type: 'rejected'; readonly reason: string };

/** What one thread has to say of a segment; numbers that are not finite stay where they are. */
export type SegmentAnswer =
  | ({ readonly type: 'segment'; readonly result: Float32Array<ArrayBuffer> } & Seal)
  | Extract<ThreadAnswer, { readonly type: 'cancelled' | 'rejected' }>;

interface LoadedProgram {
  readonly executable: Executable;
  readonly memory: ProgramMemory;
  /** Right sums of a task's own tree, by depth. */
  readonly buffers: Float32Array[];
  parametersVersion: number;
}

/** What the service needs from its thread. */
export interface ComputeServiceParts {
  readonly backend: Backend;
  readonly board: Int32Array<SharedArrayBuffer>;
  readonly sha256: (bytes: Uint8Array) => string;
}

/** The work of one compute thread; exposed over comlink, but for its tasks. */
export class ComputeService {
  readonly #parts: ComputeServiceParts;
  readonly #programs = new Map<string, LoadedProgram | { readonly rejected: string }>();

  constructor(parts: ComputeServiceParts) {
    this.#parts = parts;
  }

  /** Proves the thread's class of arithmetic. */
  prove(): Promise<Proven> {
    return proveClass(deviceOf(this.#parts.backend), this.#parts.sha256);
  }

  /** Compiles a program. A program that cannot be compiled is remembered as such; the first task with it says so. */
  loadProgram(sha256: string, program: Program, memory: ProgramMemory): void {
    try {
      const executable = this.#parts.backend.compile(program);
      this.#programs.set(sha256, { executable, memory, buffers: [], parametersVersion: -1 });
    } catch (error) {
      this.#programs.set(sha256, { rejected: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Forgets a program. */
  unloadProgram(sha256: string): void {
    this.#programs.delete(sha256);
  }

  /** Takes parts of the task until none is left. */
  compute(task: SharedTask): ThreadAnswer {
    const program = this.#loaded(task.programSha256);
    if ('rejected' in program) return { type: 'rejected', reason: program.rejected };
    const { executable, memory } = program;
    if (program.parametersVersion !== task.parametersVersion) {
      executable.load(vectorAt(memory.parameters, task.parametersSide, executable.inputLength));
      program.parametersVersion = task.parametersVersion;
    }
    const plan = planTasks(task.node, task.taskCount);
    for (;;) {
      const index = Atomics.add(this.#parts.board, boardLayout.nextTask, 1);
      const part = plan.tasks[index];
      if (part === undefined) return { type: 'done' };
      if (!this.#sum(part, slotOf(index, task, program), { task, program })) return { type: 'cancelled' };
      if (this.#mergeUp(index, plan, { task, program })) {
        return { type: 'sealed', ...sealSums(slotOf(0, task, program), this.#parts.sha256) };
      }
    }
  }

  /** Computes a segment, alone. */
  computeSegment(task: SegmentTask): SegmentAnswer {
    const { sha256, board } = this.#parts;
    const [train, update] = [this.#loaded(task.programSha256), this.#loaded(task.updateSha256)];
    if ('rejected' in train) return { type: 'rejected', reason: train.rejected };
    if ('rejected' in update) return { type: 'rejected', reason: update.rejected };
    // What is loaded afterwards is a state of this segment.
    train.parametersVersion = -1;
    const result = computeSegment(task, {
      ...{ train: train.executable, update: update.executable, request: task.request, sha256 },
      isCancelled: () => Atomics.load(board, boardLayout.cancelledTask) === task.taskId,
    });
    if (result === 'cancelled') return { type: 'cancelled' };
    if (result === 'non-finite') {
      return { type: 'segment', result: new Float32Array(0), finite: false, payloadSha256: sha256(new Uint8Array(0)) };
    }
    return { type: 'segment', result, ...sealSums(result, sha256) };
  }

  #loaded(sha256: string): LoadedProgram | { readonly rejected: string } {
    return this.#programs.get(sha256) ?? { rejected: `program ${sha256.slice(0, 8)} is not loaded` };
  }

  #sum(part: TreeNode, target: Float32Array, { task, program }: Work): boolean {
    const { executable, buffers } = program;
    return sumNode(part, target, {
      runLeaf: (microbatchIndex, outputs) => {
        if (Atomics.load(this.#parts.board, boardLayout.cancelledTask) === task.taskId) return false;
        const firstSequence = microbatchIndex * task.microbatchSize;
        executable.run({ key: task.key, firstSequence, sequenceCount: task.microbatchSize }, outputs);
        return true;
      },
      bufferAt: (depth) => (buffers[depth] ??= new Float32Array(executable.outputLength)),
    });
  }

  /** Adds up what is complete after task `index`: of two neighbors the one that finishes last merges. True at the root. */
  #mergeUp(index: number, plan: TaskPlan, { task, program }: Work): boolean {
    let mergeIndex = plan.mergeOfTask[index] ?? -1;
    for (;;) {
      const merge = plan.merges[mergeIndex];
      if (merge === undefined) return true;
      if (Atomics.add(this.#parts.board, boardLayout.merges + mergeIndex, 1) === 0) return false;
      addInto(slotOf(merge.left, task, program), slotOf(merge.right, task, program));
      mergeIndex = merge.parent;
    }
  }
}

interface Work {
  readonly task: SharedTask;
  readonly program: LoadedProgram;
}

function slotOf(index: number, task: SharedTask, { executable, memory }: LoadedProgram): Float32Array {
  if (index === 0) return vectorAt(memory.results, task.resultSide, executable.outputLength);
  return vectorAt(memory.slots, index - 1, executable.outputLength);
}
