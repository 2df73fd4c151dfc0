// The jobs of a run computed again on one thread, with the digest of every tree node that someone asks for.

import { compileUpdate, stageAt, type TrainingPlan, type TrainingState, type TrainingUpdate } from '../../learning/index.js';
import { bytesOfFloats } from '../../protocol/index.js';
import {
  addInto,
  childrenOf,
  type Backend,
  type Executable,
  type Floats,
  type Key,
  type Program,
  type TreeNode,
} from '../../tensor/index.js';
import type { JobKind } from '../core/events.js';

/** What a recomputation is made of. */
export interface RecomputationOptions {
  readonly plan: TrainingPlan;
  readonly backend: Backend;
  readonly digest: (data: Uint8Array | string) => string;
}

/** A job computed again. */
export interface RecomputedJob {
  /** The root's sums; overwritten by the next job of its kind. */
  readonly sums: Floats;
  /** The digest of a node's sums; undefined where the tree has no such node. */
  readonly digestOf: (node: TreeNode) => string | undefined;
}

/** The jobs and updates of a run. */
export interface Recomputation {
  /** Computes a job for given parameters, and the digests of some nodes of its tree. */
  readonly compute: (kind: JobKind, state: TrainingState, nodes: readonly TreeNode[]) => RecomputedJob;
  readonly update: (state: TrainingState, sums: Float32Array) => TrainingUpdate;
}

/** Compiles the programs of a plan. */
export function compileRecomputation({ plan, backend, digest }: RecomputationOptions): Recomputation {
  // Compiled at the first use: many verifications never come by an evaluation, or by all stages.
  const compiled = new Map<JobKind, { readonly program: Program; readonly reduce: Reducer }>();
  const reducerOf = (kind: JobKind, step: number): Reducer => {
    const program = kind === 'train' ? stageAt(plan, step).trainProgram : plan.evaluationProgram;
    const known = compiled.get(kind);
    if (known?.program === program) return known.reduce;
    const reduce = reducer(backend.compile(program), plan.microbatchSize);
    compiled.set(kind, { program, reduce });
    return reduce;
  };
  return {
    update: compileUpdate(plan, backend),
    compute: (kind, { step, parameters }, nodes) => {
      const isTraining = kind === 'train';
      const key = isTraining ? plan.keyFor('train', step) : plan.keyFor('test', 0);
      const microbatchCount = isTraining ? plan.microbatchCount : plan.evaluation.microbatchCount;
      const digests = new Map(nodes.map((node) => [nameOf(node), undefined as string | undefined]));
      const sums = reducerOf(kind, step)(parameters, { key, microbatchCount }, (node, sum) => {
        if (digests.has(nameOf(node))) digests.set(nameOf(node), digest(bytesOfFloats(sum)));
      });
      return { sums, digestOf: (node) => digests.get(nameOf(node)) };
    },
  };
}

type Reducer = (
  parameters: Float32Array,
  job: { readonly key: Key; readonly microbatchCount: number },
  onSum: (node: TreeNode, sum: Floats) => void,
) => Floats;

/** Sums a whole tree and shows the sum of every node on the way up. Memory: O(log M) sums, kept from job to job. */
function reducer(executable: Executable, microbatchSize: number): Reducer {
  const memory: Floats[] = [];
  const memoryAt = (depth: number): Floats => (memory[depth] ??= new Float32Array(executable.outputLength));
  return (parameters, { key, microbatchCount }, onSum) => {
    executable.load(parameters);
    const visit = (node: TreeNode, depth: number, memoryDepth: number): void => {
      const target = memoryAt(depth);
      const children = childrenOf(node);
      if (children === undefined) {
        executable.run({ key, firstSequence: node.begin * microbatchSize, sequenceCount: microbatchSize }, target);
      } else {
        visit(children[0], depth, memoryDepth);
        visit(children[1], memoryDepth, memoryDepth + 1);
        addInto(target, memoryAt(memoryDepth));
      }
      onSum(node, target);
    };
    visit({ begin: 0, end: microbatchCount }, 0, 1);
    return memoryAt(0);
  };
}

const nameOf = ({ begin, end }: TreeNode): string => `${begin}-${end}`;
