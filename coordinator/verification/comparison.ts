// Records beside what is computed: where they differ, and nothing about why.

import type { TrainingPlan, TrainingState, TrainingUpdate } from '../../learning/index.js';
import { bytesOfFloats } from '../../protocol/index.js';
import { isTreeNode, outputLayout } from '../../tensor/index.js';
import type { Checkpoint, Evaluation, StepMetrics } from '../core/records.js';
import { shortDigest, type Finding } from './finding.js';
import type { RecomputedJob } from './recomputation.js';
import type { JobRecord } from './step-records.js';
import type { NodeSuspicion } from './suspicion.js';

/** Whether two values are the same where they are written down: what is not finite is written as null. */
export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** A recorded number that is not the computed one. */
export function differentRecord(step: number, what: string, found: unknown, wanted: unknown): Finding {
  const show = (value: unknown): string => (typeof value === 'string' ? shortDigest(value) : JSON.stringify(value));
  const message = `After ${step} steps: ${what} ${show(found)} recorded, ${show(wanted)} computed`;
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  return { type: 'different-record', step, found: text(found), wanted: text(wanted), message };
}

/** What the log of a job says of its nodes. */
export interface NodeComparison {
  /** Nodes whose logged digest is not that of their sum. */
  readonly suspicions: readonly NodeSuspicion[];
  /** Where the nodes are not a whole tree. */
  readonly untiled: Finding | undefined;
}

/** Compares the logged nodes of a job with its sums. */
export function compareNodes(record: JobRecord, job: RecomputedJob, plan: TrainingPlan): NodeComparison {
  const { kind, step, contributions } = record;
  const leafCount = kind === 'train' ? plan.microbatchCount : plan.evaluation.microbatchCount;
  const suspicions: NodeSuspicion[] = [];
  let covered = 0;
  for (const { begin, end, workerId, sha256 } of contributions) {
    const node = { begin, end };
    if (begin === covered && isTreeNode(node, leafCount)) covered = end;
    const computed = job.digestOf(node);
    if (computed === undefined || computed === sha256) continue;
    suspicions.push({ kind, step, node, worker: workerId, found: sha256, wanted: computed });
  }
  return { suspicions, untiled: covered === leafCount ? undefined : untiled(record, leafCount) };
}

function untiled({ kind, step, contributions }: JobRecord, leafCount: number): Finding {
  const found = contributions.map(({ begin, end }) => `[${begin}, ${end})`).join(' ') || 'none';
  const wanted = `tree nodes that cover ${leafCount} microbatches once`;
  const job = kind === 'train' ? `step ${step}` : `the evaluation after ${step} steps`;
  const message = `Contributions of ${job}: ${found} logged, ${wanted} wanted`;
  return { type: 'different-record', step, found, wanted, message };
}

/** Compares the measures of a step. */
export function compareMetrics(metrics: StepMetrics, { state, loss, learningRate, metrics: values }: TrainingUpdate): Finding[] {
  const wanted = { loss, learningRate, ...Object.fromEntries(values) };
  const found = { loss: metrics.loss, learningRate: metrics.learningRate, ...metrics.values };
  return isSame(found, wanted) ? [] : [differentRecord(state.step, 'measures', found, wanted)];
}

/** Compares the results of an evaluation. */
export function compareEvaluation({ step, sums, summary }: Evaluation, outputs: Float32Array, plan: TrainingPlan): Finding[] {
  const places = outputLayout(plan.evaluationProgram);
  const wanted = Object.fromEntries(places.map(({ name, offset }) => [name, outputs[offset] ?? NaN]));
  if (!isSame(sums, wanted)) return [differentRecord(step, 'held-out sums', sums, wanted)];
  const computed = plan.summarize(outputs);
  return isSame(summary, computed) ? [] : [differentRecord(step, 'held-out results', summary, computed)];
}

/** What a checkpoint is compared with. */
export interface ComputedState {
  readonly state: TrainingState;
  readonly parametersSha256: string;
  readonly loss: number | null;
  /** The chain as computed, and as recorded. */
  readonly chains: readonly string[];
  readonly digest: (data: Uint8Array) => string;
}

/** Compares a checkpoint bit for bit; undefined where it is the state. */
export function compareCheckpoint(checkpoint: Checkpoint, computed: ComputedState): Finding | undefined {
  const { state, digest, chains } = computed;
  const sha256 = (numbers: Float32Array): string => digest(bytesOfFloats(numbers));
  const pairs: readonly (readonly [what: string, found: unknown, wanted: unknown])[] = [
    ['parameters', sha256(checkpoint.parameters), computed.parametersSha256],
    ['optimizer state', sha256(checkpoint.optimizerState), sha256(state.optimizerState)],
    ['training loss', checkpoint.trainLoss, computed.loss],
    ['trajectory chain', checkpoint.chain, chains.find((chain) => chain === checkpoint.chain) ?? chains[0]],
  ];
  const different = pairs.find(([, found, wanted]) => !isSame(found, wanted));
  if (different === undefined) return undefined;
  const [what, found, wanted] = different;
  return { ...differentRecord(state.step, `${what} of the checkpoint`, found, wanted), type: 'different-checkpoint' };
}
