// The reduction tree over microbatches: a range of n > 1 leaves splits at the largest power of two below n (as RFC 6962 does).
// The shape depends on the number of leaves alone, so the order in which sums arrive cannot change a bit.

/** The microbatches [begin, end). */
export interface TreeNode {
  readonly begin: number;
  readonly end: number;
}

/** The largest power of two below n, for n > 1. */
export function splitPoint(n: number): number {
  if (!Number.isInteger(n) || n < 2) throw new RangeError(`Cannot split a range: ${n} leaves found, at least 2 wanted`);
  let split = 1;
  while (split * 2 < n) split *= 2;
  return split;
}

/** Left and right child, or undefined for a leaf. */
export function childrenOf({ begin, end }: TreeNode): readonly [TreeNode, TreeNode] | undefined {
  if (end - begin < 2) return undefined;
  const middle = begin + splitPoint(end - begin);
  return [
    { begin, end: middle },
    { begin: middle, end },
  ];
}

/** The path from the root of a tree of `leafCount` leaves down to a node, root first; undefined where there is no such node. */
export function pathTo(node: TreeNode, leafCount: number): readonly TreeNode[] | undefined {
  if (!(Number.isInteger(node.begin) && Number.isInteger(node.end) && node.begin >= 0 && node.end <= leafCount)) return undefined;
  if (node.begin >= node.end) return undefined;
  const path: TreeNode[] = [];
  for (let at: TreeNode = { begin: 0, end: leafCount }; ;) {
    path.push(at);
    if (at.begin === node.begin && at.end === node.end) return path;
    const children = childrenOf(at);
    if (children === undefined) return undefined;
    at = node.begin < children[1].begin ? children[0] : children[1];
  }
}

/** Whether [begin, end) is a node of the tree over `leafCount` leaves. */
export const isTreeNode = (node: TreeNode, leafCount: number): boolean => pathTo(node, leafCount) !== undefined;

/** The parent of a node, or undefined for the root and for ranges that are no node. */
export const parentOf = (node: TreeNode, leafCount: number): TreeNode | undefined => pathTo(node, leafCount)?.at(-2);

/** target[i] += source[i], each rounded to f32: how the sums of two siblings become their parent's. */
export function addInto(target: Float32Array, source: Float32Array): void {
  if (target.length !== source.length) {
    throw new RangeError(`Cannot add sums: ${source.length} elements found, ${target.length} wanted`);
  }
  // The f64 sum of two f32, rounded to f32, is their correctly rounded sum. Four at a time: a loop's own steps cost as much as a sum.
  const wholeEnd = target.length & ~3;
  for (let index = 0; index < wholeEnd; index += 4) {
    target[index] = (target[index] ?? 0) + (source[index] ?? 0);
    target[index + 1] = (target[index + 1] ?? 0) + (source[index + 1] ?? 0);
    target[index + 2] = (target[index + 2] ?? 0) + (source[index + 2] ?? 0);
    target[index + 3] = (target[index + 3] ?? 0) + (source[index + 3] ?? 0);
  }
  for (let index = wholeEnd; index < target.length; index += 1) target[index] = (target[index] ?? 0) + (source[index] ?? 0);
}

/** The sum over a tree node, from the sums of its leaves. */
export function sumTree(node: TreeNode, leaf: (index: number) => Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const children = childrenOf(node);
  if (children === undefined) return leaf(node.begin);
  const left = sumTree(children[0], leaf);
  addInto(left, sumTree(children[1], leaf));
  return left;
}
