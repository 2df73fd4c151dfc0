// The reduction tree of the step at hand: who computes which node.

import { useRef } from 'preact/hooks';
import type { LiveTree, LiveTreeNode } from '../../protocol/index.js';
import type { RunView } from './run-view.js';
import { countStates, layoutTree, type Block } from './tree-layout.js';
import { describeTree, formatMilliseconds, nodeStates } from './words.js';

const legend = [
  ['done', 'done'],
  ['leased', 'being computed'],
  ['expired', 'late, or free for others as well'],
  ['free', 'free'],
] as const;
/** Shorter steps are over before they can be followed. */
const followedStepMilliseconds = 1000;

/** The tree with its leases. */
export function Tree({ view }: { readonly view: RunView }) {
  const tree = view.tree.value;
  return (
    <section class="card panel half" aria-labelledby="tree-title">
      <h2 id="tree-title">Reduction tree</h2>
      {tree === null ? (
        <p class="empty">No step has begun. Then every node of its tree shows here, with the worker that computes it.</p>
      ) : (
        <Nodes view={view} tree={tree} />
      )}
    </section>
  );
}

function Nodes({ view, tree }: { readonly view: RunView; readonly tree: LiveTree }) {
  const { blocks, rowCount } = layoutTree(tree);
  // The tallest so far, so that nothing below it jumps.
  const tallest = useRef(0);
  tallest.current = Math.max(tallest.current, rowCount);
  const { done, computed, free } = countStates(tree);
  const words = `${describeTree(tree)}: ${done} done, ${computed} being computed, ${free} free`;
  const names = new Map(view.workers.value?.listed.map(({ id, name }) => [id, name]));
  const stepMilliseconds = view.progress.value?.stepMilliseconds ?? Infinity;
  return (
    <>
      <p class="small" id="tree-caption">
        {describeTree(tree)}
        {stepMilliseconds < followedStepMilliseconds && !tree.isCommitted
          ? `; a look twice a second, for a step takes ${formatMilliseconds(stepMilliseconds)}`
          : ''}
      </p>
      <div class="tree" role="img" aria-label={words} style={{ height: `${tallest.current * 2}rem` }}>
        {blocks.map((block) => (
          <NodeBlock key={block.key} block={block} names={names} hue={hueOf(view, block.node)} />
        ))}
      </div>
      <ul class="legend" aria-label="What the nodes mean">
        {legend.map(([state, words]) => (
          <li key={state}>
            <span class={`node sample ${state}`} aria-hidden="true" /> {words}
          </li>
        ))}
      </ul>
    </>
  );
}

interface BlockProperties {
  readonly block: Block;
  readonly names: ReadonlyMap<string, string>;
  readonly hue: string;
}

function NodeBlock({ block, names, hue }: BlockProperties) {
  const { node, left, width } = block;
  const who = node.workers.map((id) => names.get(id) ?? id).join(', ');
  const last = node.end - 1;
  const range = node.begin === last ? `microbatch ${node.begin}` : `microbatches ${node.begin} to ${last}`;
  const style = { left: `${100 * left}%`, width: `${100 * width}%`, top: `${node.depth * 2}rem` };
  return (
    <div
      class={`node ${node.state} ${hue}`}
      style={style}
      title={`${range}: ${nodeStates[node.state]}${who === '' ? '' : `, ${who}`}`}
    >
      <span>{who}</span>
    </div>
  );
}

function hueOf(view: RunView, { workers }: LiveTreeNode): string {
  const [first] = workers;
  return first === undefined ? '' : `hue${view.hues.of(first)}`;
}
