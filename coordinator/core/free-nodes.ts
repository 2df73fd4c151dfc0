// The tree nodes of a job that nobody is computing: disjoint, in ascending order, taken from the left.

import { childrenOf, type TreeNode } from '../../tensor/index.js';
import { contains, overlaps, sizeOf } from './reduction.js';

/**
 * Sizes of nodes are halves of each other. One that is larger than its worker's share delays the job by as much: two
 * workers may take 8 and 5 of 13, but of three workers nobody takes 4 of 8.
 */
export const sizeTolerance = 1.25;

// A node that is smaller than wished is taken as it is, unless it is less than this part of the wish.
const leastPart = 2 / 3;

/** The work of a job that is still to be given away. */
export class FreeNodes {
  readonly #nodes: TreeNode[] = [];

  get isEmpty(): boolean {
    return this.#nodes.length === 0;
  }

  /** In ascending order. */
  get nodes(): readonly TreeNode[] {
    return this.#nodes;
  }

  /** Microbatches in all free nodes together. */
  get microbatchCount(): number {
    return this.#nodes.reduce((sum, node) => sum + sizeOf(node), 0);
  }

  /** Makes a node free again, except for the parts that `taken` covers or that are free already. */
  give(node: TreeNode, taken: readonly TreeNode[]): void {
    this.#giveUncovered(node, [...taken, ...this.#nodes]);
  }

  /**
   * Takes a node of about the wished size: the first that is large enough, cut down from its left; where all are
   * smaller, the largest. Nodes that overlap `excluded` stay.
   */
  take(wishedSize: number, excluded: readonly TreeNode[]): TreeNode | undefined {
    const index = this.#choose(wishedSize * leastPart, excluded);
    const chosen = this.#nodes[index];
    if (chosen === undefined) return undefined;
    this.#nodes.splice(index, 1);
    return this.#cut(chosen, wishedSize * sizeTolerance);
  }

  /** Forgets free nodes within this one: its sum has come. */
  remove(node: TreeNode): void {
    for (let index = this.#nodes.length - 1; index >= 0; index--) {
      const free = this.#nodes[index];
      if (free !== undefined && contains(node, free)) this.#nodes.splice(index, 1);
    }
  }

  #cut(node: TreeNode, largestSize: number): TreeNode {
    const children = sizeOf(node) > largestSize ? childrenOf(node) : undefined;
    if (children === undefined) return node;
    this.#insert(children[1]);
    return this.#cut(children[0], largestSize);
  }

  #giveUncovered(node: TreeNode, taken: readonly TreeNode[]): void {
    const near = taken.filter((other) => overlaps(other, node));
    if (near.length === 0) this.#insert(node);
    else if (!near.some((other) => contains(other, node))) {
      for (const child of childrenOf(node) ?? []) this.#giveUncovered(child, near);
    }
  }

  #choose(leastSize: number, excluded: readonly TreeNode[]): number {
    let largest = -1;
    let largestSize = 0;
    for (const [index, node] of this.#nodes.entries()) {
      const size = sizeOf(node);
      if (size <= largestSize || excluded.some((other) => overlaps(other, node))) continue;
      if (size >= leastSize) return index;
      largest = index;
      largestSize = size;
    }
    return largest;
  }

  #insert(node: TreeNode): void {
    const after = this.#nodes.findIndex((other) => other.begin > node.begin);
    this.#nodes.splice(after < 0 ? this.#nodes.length : after, 0, node);
  }
}
