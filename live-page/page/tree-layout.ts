// Where the nodes of the reduction tree are drawn: one row for each depth, as wide as the microbatches below them.

import type { LiveTree, LiveTreeNode } from '../../protocol/index.js';

/** A node with its place: left edge and width as parts of the whole. */
export interface Block {
  readonly key: string;
  readonly node: LiveTreeNode;
  readonly left: number;
  readonly width: number;
}

/** The blocks of a tree, and how many rows they need. */
export function layoutTree({ nodes, microbatchCount }: LiveTree): {
  readonly blocks: readonly Block[];
  readonly rowCount: number;
} {
  const blocks = nodes.map((node) => ({
    key: `${node.begin}-${node.end}`,
    node,
    left: node.begin / microbatchCount,
    width: (node.end - node.begin) / microbatchCount,
  }));
  return { blocks, rowCount: 1 + Math.max(0, ...nodes.map(({ depth }) => depth)) };
}

/** How many microbatches are in which state. Where a node lies below another one, the lower one counts. */
export function countStates({ nodes, microbatchCount }: LiveTree): Readonly<Record<'done' | 'computed' | 'free', number>> {
  const counts = { done: 0, computed: 0, free: 0 };
  let position = 0;
  while (position < microbatchCount) {
    const here = nodes.filter(({ begin, end, state }) => begin <= position && position < end && !isAbove(state));
    const lowest = here.toSorted((a, b) => b.depth - a.depth)[0];
    // Up to the next edge everything is as it is here.
    const edges = nodes.flatMap(({ begin, end }) => [begin, end]).filter((edge) => edge > position);
    const next = Math.min(microbatchCount, ...edges);
    if (lowest !== undefined) counts[groupOf(lowest.state)] += next - position;
    position = next;
  }
  return counts;
}

const isAbove = (state: LiveTreeNode['state']): boolean => state === 'inner' || state === 'summed';

function groupOf(state: LiveTreeNode['state']): 'done' | 'computed' | 'free' {
  if (state === 'done' || state === 'summed') return 'done';
  return state === 'free' ? 'free' : 'computed';
}
