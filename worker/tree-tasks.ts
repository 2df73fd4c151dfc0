// A tree node cut into tasks for several threads: smaller nodes of the same tree, and the merges that make them one sum again.
// Every merge adds the right sum to the left one, so the bits are those of the serial sum, whoever finishes first.

import { childrenOf, type TreeNode } from '../tensor/index.js';

/** The sum of two neighbors; slots and tasks have the same numbers, a node's sum lies in the slot of its leftmost task. */
export interface Merge {
  readonly left: number;
  readonly right: number;
  /** The merge that comes after, or −1 for the last one. */
  readonly parent: number;
}

/** How a tree node is computed by several threads. */
export interface TaskPlan {
  readonly tasks: readonly TreeNode[];
  /** For each task the merge that its sum goes into, or −1 where it is the whole. */
  readonly mergeOfTask: readonly number[];
  readonly merges: readonly Merge[];
}

/** Cuts a node into about `taskCount` tasks (below twice as many) of equal size, a power of two, but for the last. */
export function planTasks(node: TreeNode, taskCount: number): TaskPlan {
  const tasks: TreeNode[] = [];
  const mergeOfTask: number[] = [];
  const merges: Merge[] = [];
  const taskSize = sizeOfTasks(node.end - node.begin, taskCount);
  const visit = (part: TreeNode, parent: number): void => {
    const children = part.end - part.begin > taskSize ? childrenOf(part) : undefined;
    if (children === undefined) {
      tasks.push(part);
      mergeOfTask.push(parent);
      return;
    }
    const index = merges.length;
    const left = tasks.length;
    merges.push({ left, right: left, parent });
    visit(children[0], index);
    merges[index] = { left, right: tasks.length, parent };
    visit(children[1], index);
  };
  visit(node, -1);
  return { tasks, mergeOfTask, merges };
}

/** The largest power of two with which there are at least `taskCount` tasks; at least one microbatch, at most all. */
function sizeOfTasks(size: number, taskCount: number): number {
  if (taskCount <= 1) return size;
  let taskSize = 1;
  while (taskSize * 2 * taskCount <= size) taskSize *= 2;
  return taskSize;
}
