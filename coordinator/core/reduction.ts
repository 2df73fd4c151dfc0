// The sum over a job's microbatches, one tree node at a time, in whatever order they arrive.
//
//   sum[begin, end) = sum[begin, middle) + sum[middle, end)    element by element, f32, middle from the tree's law
//
// Held nodes are disjoint; two siblings become their parent at once, so that of work handed out in ascending order
// no more than O(log M + workers) sums are ever in memory.

import { addInto, parentOf, type TreeNode } from '../../tensor/index.js';
import type { CommittedContribution } from './events.js';

interface HeldNode extends TreeNode {
  readonly sum: Float32Array;
  /** Whether the sum is the reduction's own memory; what arrived belongs to the transport and is never written. */
  readonly owned: boolean;
  readonly contributions: readonly CommittedContribution[];
}

/** Whether `inner` lies within `outer`. */
export function contains(outer: TreeNode, inner: TreeNode): boolean {
  return outer.begin <= inner.begin && inner.end <= outer.end;
}

/** Whether two nodes share a microbatch: of two tree nodes, one then contains the other. */
export function overlaps(a: TreeNode, b: TreeNode): boolean {
  return a.begin < b.end && b.begin < a.end;
}

/** The number of microbatches below a node. */
export function sizeOf(node: TreeNode): number {
  return node.end - node.begin;
}

/** A job's growing sum. */
export class Reduction {
  readonly #microbatchCount: number;
  readonly #held = new Map<number, HeldNode>();

  constructor(microbatchCount: number) {
    this.#microbatchCount = microbatchCount;
  }

  /** The nodes whose sums are held and what each is the sum of; disjoint, in no order. */
  get held(): Iterable<TreeNode & { readonly contributions: readonly CommittedContribution[] }> {
    return this.#held.values();
  }

  get heldCount(): number {
    return this.#held.size;
  }

  /** Sum and origin of the whole job, once it is complete. */
  get root(): { readonly sum: Float32Array; readonly contributions: readonly CommittedContribution[] } | undefined {
    const first = this.#held.get(0);
    return first?.end === this.#microbatchCount ? first : undefined;
  }

  /** Whether the sum of this node is already part of what is held. */
  covers(node: TreeNode): boolean {
    if (this.#held.get(node.begin)?.end === node.end) return true;
    for (const held of this.#held.values()) if (contains(held, node)) return true;
    return false;
  }

  /**
   * Takes the sum of a node that is not covered and gives the largest node that is complete with it. Parts of the
   * node that had come from others are superseded: by the first law they are the same bits.
   */
  accept(contribution: CommittedContribution, sum: Float32Array): TreeNode {
    for (const held of this.#held.values()) if (contains(contribution, held)) this.#held.delete(held.begin);
    const { begin, end } = contribution;
    let node: HeldNode = { begin, end, sum, owned: false, contributions: [contribution] };
    for (let merged = this.#merge(node); merged !== undefined; merged = this.#merge(node)) node = merged;
    this.#held.set(node.begin, node);
    return node;
  }

  /** Forgets every sum that a worker has a part in, and gives their nodes: a part of a sum cannot be taken back. */
  discard(workerId: string): readonly TreeNode[] {
    const tainted = [...this.#held.values()].filter(({ contributions }) =>
      contributions.some((one) => one.workerId === workerId),
    );
    for (const { begin } of tainted) this.#held.delete(begin);
    return tainted;
  }

  /** The parent's sum where the sibling is held; the sibling is then no longer held by itself. */
  #merge(node: HeldNode): HeldNode | undefined {
    const parent = parentOf(node, this.#microbatchCount);
    if (parent === undefined) return undefined;
    const isLeft = node.begin === parent.begin;
    const sibling = isLeft ? this.#held.get(node.end) : this.#held.get(parent.begin);
    if (sibling?.end !== (isLeft ? parent.end : node.begin)) return undefined;
    this.#held.delete(sibling.begin);
    const [left, right] = isLeft ? [node, sibling] : [sibling, node];
    const sum = addNodes(left, right);
    return { ...parent, sum, owned: true, contributions: [...left.contributions, ...right.contributions] };
  }
}

function addNodes(left: HeldNode, right: HeldNode): Float32Array {
  // The sum of two f32 does not depend on their order, so either side's memory may take it.
  if (!left.owned && right.owned) {
    addInto(right.sum, left.sum);
    return right.sum;
  }
  const target = left.owned ? left.sum : left.sum.slice();
  addInto(target, right.sum);
  return target;
}
