// What a completed run has left on its disk, against what the serial trainer gives.

import { chainStart, commitOf, evaluationAt, linkTrajectory } from '../../coordinator/index.js';
import {
  checkpointName,
  contributionsParser,
  folderNames,
  stepOfCheckpoint,
  trajectoryParser,
  type LoggedJob,
} from '../../coordinator/store/index.js';
import type { TrainingPlan } from '../../learning/index.js';
import { canonicalBytes, childrenOf, type Program, type TreeNode } from '../../tensor/index.js';
import type { Damage } from './damage.js';
import { sha256, type Oracle } from './oracle.js';
import { runFolder } from './simulated-coordinator.js';
import type { SimulatedDisk } from './simulated-disk.js';

/** What is wrong with the folder of a completed run, in words. A log in which a bit has flipped is not looked into. */
export function findFlaws(disk: SimulatedDisk, oracle: Oracle, damage: Damage): readonly string[] {
  try {
    return [
      ...flawsOfResult(disk, oracle),
      // A run that is continued takes the evaluations before from the log of metrics.
      ...(damage.hasHit('metrics') ? [] : flawsOfEvaluations(disk, oracle)),
      ...(damage.hasHit('checkpoints') ? [] : flawsOfCheckpoints(disk, oracle)),
      ...(damage.hasHit('trajectory') ? [] : flawsOfTrajectory(disk, oracle)),
      ...(damage.hasHit('contributions') ? [] : flawsOfContributions(disk, oracle)),
      ...(damage.hasHit('metrics') ? [] : flawsOfMetrics(disk, oracle)),
    ];
  } catch (error) {
    return [`a file cannot be read: ${String(error)}`];
  }
}

/** Whether two pictures of a disk differ, its locks aside. */
export function changesBetween(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  const names = [...new Set([...a.keys(), ...b.keys()])].filter((name) => !name.endsWith('/lock'));
  return names.some((name) => a.get(name) !== b.get(name));
}

/** The newest checkpoint that a crash cannot take away; 0 where there is none. */
export function newestCheckpoint(disk: SimulatedDisk, powerCut: boolean): number {
  const folder = `${runFolder}/${folderNames.checkpoints}`;
  const names = powerCut ? disk.durableFiles(folder) : (disk.list(folder) ?? []);
  return Math.max(0, ...names.flatMap((name) => stepOfCheckpoint(name) ?? []));
}

interface Result {
  readonly outcome: string;
  readonly steps: number;
  readonly parametersSha256: string;
  readonly evaluations: readonly { readonly step: number }[];
}

/** How the run ended, as its folder tells; undefined where it tells nothing. */
export function readResult(disk: SimulatedDisk): Result | undefined {
  const bytes = disk.read(`${runFolder}/${folderNames.result}`);
  return bytes === undefined ? undefined : (JSON.parse(text(bytes)) as Result);
}

function flawsOfResult(disk: SimulatedDisk, { plan, trajectory }: Oracle): readonly string[] {
  const result = readResult(disk);
  if (result === undefined) return ['no result was written'];
  const wanted = trajectory.at(-1) ?? '';
  const flaws: string[] = [];
  if (result.outcome !== 'completed') flaws.push(`the result tells that the run was ${result.outcome}, completed wanted`);
  if (result.steps !== plan.stepCount) flaws.push(`the result tells of ${result.steps} steps, ${plan.stepCount} wanted`);
  if (result.parametersSha256 !== wanted) {
    flaws.push(
      `the run ended with parameters ${result.parametersSha256.slice(0, 12)}…, the serial trainer with ${wanted.slice(0, 12)}…`,
    );
  }
  if (disk.read(`${runFolder}/${folderNames.checkpoints}/${checkpointName(plan.stepCount)}`) === undefined) {
    flaws.push('the last checkpoint is missing');
  }
  return flaws;
}

function flawsOfEvaluations(disk: SimulatedDisk, { plan }: Oracle): readonly string[] {
  const found = (readResult(disk)?.evaluations ?? []).map(({ step }) => step);
  const steps = Array.from({ length: plan.stepCount + 1 }, (_, step) => step);
  return compareSteps(
    'the result',
    found,
    steps.filter((step) => isEvaluationDue(plan, step)),
  );
}

/**
 * The newest so many checkpoints are there, and the multiples, and none beside them: the last one is written when all others are, and
 * what it makes needless is gone before the result is there. Which are the newest is open, for a slow disk is spared some.
 */
function flawsOfCheckpoints(disk: SimulatedDisk, { config, plan }: Oracle): readonly string[] {
  const { checkpointEvery, keepCheckpoints, keepCheckpointEvery: every } = config.training;
  const names = disk.list(`${runFolder}/${folderNames.checkpoints}`) ?? [];
  const found = names.flatMap((name) => stepOfCheckpoint(name) ?? []).toSorted((a, b) => b - a);
  const written = Array.from({ length: Math.ceil(plan.stepCount / checkpointEvery) - 1 }, (_, n) => (n + 1) * checkpointEvery);
  const missing = written.filter((step) => every !== null && step % every === 0 && !found.includes(step));
  const needless = found.slice(keepCheckpoints).filter((step) => every === null || step % every !== 0);
  const flaws: string[] = [];
  if (missing.length > 0) flaws.push(`checkpoints that are multiples of ${String(every)} are missing: ${missing.join(' ')}`);
  if (needless.length > 0) flaws.push(`checkpoints remain that were to go: ${needless.join(' ')} of ${found.join(' ')}`);
  const least = Math.min(keepCheckpoints, written.length + 1);
  if (found.length < least) flaws.push(`${found.length} checkpoints remain, at least ${least} wanted`);
  return flaws;
}

function flawsOfTrajectory(disk: SimulatedDisk, { config, plan, trajectory }: Oracle): readonly string[] {
  const entries = linesOf(disk, 'trajectory').map(trajectoryParser());
  const { digestEvery } = config.training;
  const wantedSteps = trajectory.flatMap((_, step) => (step % digestEvery === 0 || step === plan.stepCount ? [step] : []));
  const flaws = compareSteps(
    'trajectory',
    entries.map(({ step }) => step),
    wantedSteps,
  );
  let chain = chainStart;
  for (const entry of entries) {
    if (entry.parametersSha256 !== trajectory[entry.step])
      flaws.push(`step ${entry.step} of the trajectory has other parameters than the serial trainer`);
    chain = linkTrajectory(chain, entry, (content) => sha256(Buffer.from(content))).chain;
    if (chain !== entry.chain) flaws.push(`step ${entry.step} breaks the chain`);
  }
  return flaws;
}

function flawsOfContributions(disk: SimulatedDisk, oracle: Oracle): readonly string[] {
  const jobs = linesOf(disk, 'contributions').map(contributionsParser());
  const { plan } = oracle;
  const moments = jobs.map(({ kind, step }) => (kind === 'train' ? commitOf(step + 1) : evaluationAt(step)));
  const flaws = compareSteps('contributions', moments, wantedMoments(oracle));
  for (const job of jobs) {
    const count = job.kind === 'train' ? plan.microbatchCount : plan.evaluation.microbatchCount;
    if (!isPartition(job, { begin: 0, end: count }))
      flaws.push(`the ${job.kind} job of step ${job.step} is not made of one whole tree`);
    for (const node of job.nodes) {
      if (digestOfNode(oracle, job, node) !== node.sha256) {
        flaws.push(`the ${job.kind} job of step ${job.step} has a wrong sum at [${node.begin}, ${node.end})`);
      }
    }
  }
  return flaws;
}

function flawsOfMetrics(disk: SimulatedDisk, oracle: Oracle): readonly string[] {
  const lines = linesOf(disk, 'metrics') as readonly { readonly type: string; readonly step: number }[];
  const moments = lines.map(({ type, step }) => (type === 'step' ? commitOf(step) : evaluationAt(step)));
  return compareSteps('metrics', moments, wantedMoments(oracle));
}

/** Commits and evaluations of a whole run, in order. */
function wantedMoments({ plan }: Oracle): readonly number[] {
  const { stepCount } = plan;
  const moments: number[] = [];
  for (let step = 0; step <= stepCount; step += 1) {
    if (step > 0) moments.push(commitOf(step));
    if (isEvaluationDue(plan, step)) moments.push(evaluationAt(step));
  }
  return moments;
}

// In words of its own, not by the product's function: that one is examined too.
const isEvaluationDue = ({ stepCount, evaluation }: TrainingPlan, step: number): boolean =>
  step === 0 || step === stepCount || (evaluation.every !== null && step % evaluation.every === 0);

function trainProgramAt({ stages }: TrainingPlan, step: number): Program {
  const begun = stages.filter(({ fromStep }) => fromStep <= step);
  return begun[begun.length - 1]!.trainProgram;
}

function compareSteps(log: string, found: readonly number[], wanted: readonly number[]): string[] {
  if (found.join() === wanted.join()) return [];
  return [`${log} has ${found.join(' ')}, wanted once each and in order: ${wanted.join(' ')}`];
}

/** Whether a job's nodes are those of a tree cut somewhere above its leaves. */
function isPartition(job: LoggedJob, node: TreeNode): boolean {
  if (job.nodes.some(({ begin, end }) => begin === node.begin && end === node.end)) return true;
  return childrenOf(node)?.every((child) => isPartition(job, child)) ?? false;
}

const nodeDigests = new WeakMap<Oracle, Map<string, string>>();

function digestOfNode(oracle: Oracle, { kind, step }: LoggedJob, { begin, end }: TreeNode): string {
  const known = nodeDigests.get(oracle) ?? new Map<string, string>();
  nodeDigests.set(oracle, known);
  const name = `${kind} ${step} ${begin} ${end}`;
  let digest = known.get(name);
  if (digest === undefined) {
    const { plan } = oracle;
    const program = kind === 'train' ? trainProgramAt(plan, step) : plan.evaluationProgram;
    const key = kind === 'train' ? plan.keyFor('train', step) : plan.keyFor('test', 0);
    const parameters = oracle.parametersAt(step);
    const request = {
      programSha256: sha256(canonicalBytes(program)),
      parametersSha256: oracle.trajectory[step] ?? '',
      parameters,
      key,
    };
    const sums = oracle.sum({ ...request, node: { begin, end } });
    known.set(name, (digest = sha256(new Uint8Array(sums.buffer, sums.byteOffset, sums.byteLength))));
  }
  return digest;
}

function linesOf(disk: SimulatedDisk, log: string): readonly unknown[] {
  const content = text(disk.read(`${runFolder}/${log}.jsonl`) ?? new Uint8Array(0));
  if (!content.endsWith('\n')) throw new RangeError(`${log}.jsonl does not end with a whole line`);
  return content
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
