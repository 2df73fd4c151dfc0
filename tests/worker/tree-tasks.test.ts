import { describe, expect, it } from 'vitest';
import { fc, test } from '@fast-check/vitest';
import { addInto, isTreeNode, sumTree } from '../../tensor/index.js';
import { planTasks, sumNode, type TaskPlan } from '../../worker/index.js';

/** A leaf whose sums show any change of order in their bits. */
const leafOf = (index: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: 3 }, (_, place) => Math.fround((index + 1) ** 2.5 / (place + 3)));

/** Carries a plan out, tasks in a given order. */
function carryOut(plan: TaskPlan, order: readonly number[]): Float32Array | undefined {
  const slots = plan.tasks.map((task) => {
    const slot = new Float32Array(3);
    const buffers: Float32Array[] = [];
    sumNode(task, slot, {
      runLeaf: (index, outputs) => {
        outputs.set(leafOf(index));
        return true;
      },
      bufferAt: (depth) => (buffers[depth] ??= new Float32Array(3)),
    });
    return slot;
  });
  const arrived = plan.merges.map(() => 0);
  for (const task of order) {
    for (let at = plan.mergeOfTask[task] ?? -1; at >= 0;) {
      const merge = plan.merges[at];
      arrived[at] = (arrived[at] ?? 0) + 1;
      if (merge === undefined || arrived[at] !== 2) break;
      const [left, right] = [slots[merge.left], slots[merge.right]];
      if (left !== undefined && right !== undefined) addInto(left, right);
      at = merge.parent;
    }
  }
  return slots[0];
}

describe('planTasks()', () => {
  test.prop([fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 20 }), fc.infiniteStream(fc.nat())], { seed: 3 })(
    'gives the serial sum in any order of finishing',
    (end, taskCount, chances) => {
      const plan = planTasks({ begin: 0, end }, taskCount);
      const order = plan.tasks.map((_, index) => ({ index, chance: Number(chances.next().value) }));
      order.sort((a, b) => a.chance - b.chance);
      const sum = carryOut(
        plan,
        order.map(({ index }) => index),
      );
      expect(sum).toEqual(sumTree({ begin: 0, end }, leafOf));
    },
  );

  test.prop([fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 64 })], { seed: 4 })(
    'cuts into neighboring tree nodes, at least as many as wanted and fewer than twice',
    (end, taskCount) => {
      const { tasks, merges } = planTasks({ begin: 0, end }, taskCount);
      expect(tasks.length).toBeGreaterThanOrEqual(Math.min(taskCount, end));
      expect(tasks.length).toBeLessThanOrEqual(Math.max(1, 2 * taskCount));
      expect(merges.length).toBe(tasks.length - 1);
      let at = 0;
      for (const task of tasks) {
        expect(task.begin).toBe(at);
        expect(isTreeNode(task, end)).toBe(true);
        at = task.end;
      }
      expect(at).toBe(end);
    },
  );

  it('leaves a node whole for one thread', () => {
    expect(planTasks({ begin: 8, end: 13 }, 1)).toEqual({ tasks: [{ begin: 8, end: 13 }], mergeOfTask: [-1], merges: [] });
  });
});

describe('sumNode()', () => {
  it('stops where a leaf says that the task is cancelled', () => {
    const seen: number[] = [];
    const isDone = sumNode({ begin: 0, end: 8 }, new Float32Array(1), {
      runLeaf: (index) => seen.push(index) < 3,
      bufferAt: () => new Float32Array(1),
    });
    expect(isDone).toBe(false);
    expect(seen).toEqual([0, 1, 2]);
  });
});
