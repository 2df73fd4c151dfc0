// The sum of a lease whose parts are computed elsewhere: parts go out in order and come back in any; of two neighbors the one that
// comes back last is added to its sibling, left plus right, so the bits are those of the serial sum.

import { addInto, type TreeNode } from '../../tensor/index.js';
import { planTasks, type TaskPlan } from '../../worker/index.js';

/** A part of a lease: a tree node below that of the lease. */
export interface LeasePart {
  readonly index: number;
  readonly node: TreeNode;
}

/** A lease on its way to a sum. */
export class LeaseSum {
  readonly #plan: TaskPlan;
  readonly #sums: (Float32Array | undefined)[] = [];
  readonly #arrivals: number[] = [];
  #nextIndex = 0;
  #whole: Float32Array | undefined;

  constructor(node: TreeNode, taskCount: number) {
    this.#plan = planTasks(node, taskCount);
  }

  /** The whole sum; undefined while parts are missing. */
  get whole(): Float32Array | undefined {
    return this.#whole;
  }

  /** The next part to compute; undefined where all have gone out. */
  take(): LeasePart | undefined {
    const index = this.#nextIndex;
    const node = this.#plan.tasks[index];
    if (node === undefined) return undefined;
    this.#nextIndex += 1;
    return { index, node };
  }

  /** Takes the sums of a part and merges what is complete; they are overwritten. */
  add({ index }: LeasePart, sums: Float32Array): void {
    this.#sums[index] = sums;
    let mergeIndex = this.#plan.mergeOfTask[index] ?? -1;
    for (;;) {
      const merge = this.#plan.merges[mergeIndex];
      if (merge === undefined) break;
      const arrivals = (this.#arrivals[mergeIndex] ?? 0) + 1;
      this.#arrivals[mergeIndex] = arrivals;
      if (arrivals < 2) return;
      const [left, right] = [this.#sums[merge.left], this.#sums[merge.right]];
      if (left === undefined || right === undefined) throw new Error('Cannot merge sums: one part found, two wanted');
      addInto(left, right);
      this.#sums[merge.right] = undefined;
      mergeIndex = merge.parent;
    }
    this.#whole = this.#sums[0];
  }
}
