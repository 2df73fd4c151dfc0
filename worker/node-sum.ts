// The sum over a tree node by one thread: leaves from left to right, O(log n) buffers, additions as the tree has them.

import { addInto, childrenOf, type TreeNode } from '../tensor/index.js';

/** What a sum needs from its surroundings. */
export interface NodeSumWork {
  /** Computes the outputs of one microbatch; false where the task was cancelled. */
  readonly runLeaf: (microbatchIndex: number, outputs: Float32Array) => boolean;
  /** Memory for the right sums of depth 0, 1, …; each is asked for again and again. */
  readonly bufferAt: (depth: number) => Float32Array;
}

/** Sums a node into `target`; false where it was cancelled on the way. */
export function sumNode(node: TreeNode, target: Float32Array, work: NodeSumWork, depth = 0): boolean {
  const children = childrenOf(node);
  if (children === undefined) return work.runLeaf(node.begin, target);
  // While the left child is summed the buffer of this depth is free, so only right children go deeper.
  if (!sumNode(children[0], target, work, depth)) return false;
  const right = work.bufferAt(depth);
  if (!sumNode(children[1], right, work, depth + 1)) return false;
  addInto(target, right);
  return true;
}
