// The reduction tree of a job as a picture: which nodes are summed, who computes the others, and what is free.

import { pathTo, type TreeNode } from '../../tensor/index.js';
import type { CommittedContribution, JobKind } from './events.js';
import type { Job } from './job.js';
import { sizeOf } from './reduction.js';

/**
 * What has become of a node. `inner`: its children are not all there; `summed`: its sum is held, made of those below it; `mixed`: several
 * smaller nodes that differ.
 */
export type NodeState = 'inner' | 'summed' | 'done' | 'leased' | 'backed' | 'expired' | 'disputed' | 'free' | 'mixed';

/** A node of the picture. Leases that others may compute too can lie above the nodes that these others were given. */
export interface PicturedNode extends TreeNode {
  /** Of the root: 0. */
  readonly depth: number;
  readonly state: NodeState;
  /** Ids of the workers that computed it, or are computing it. */
  readonly workerIds: readonly string[];
}

/** The reduction tree of a job at one moment. */
export interface TreeSnapshot {
  readonly kind: JobKind;
  readonly step: number;
  readonly microbatchCount: number;
  /** Whether the job is finished. */
  readonly isCommitted: boolean;
  readonly nodes: readonly PicturedNode[];
}

/** A finished job, as it is recorded. */
export interface CommittedJob {
  readonly kind: JobKind;
  readonly step: number;
  readonly contributions: readonly CommittedContribution[];
}

/** What is known of a node before it is given a place. */
type Finding = Omit<PicturedNode, 'depth'>;

interface Outline {
  readonly microbatchCount: number;
  /** No node of the picture is smaller than the microbatches divided by this. */
  readonly finest: number;
  /** Whether the sum of a node is held. */
  readonly isSummed: (node: TreeNode) => boolean;
}

/** That a node is free is no news where someone computes it, nor that someone does where it is late. */
const weights: readonly NodeState[] = ['free', 'leased', 'backed', 'expired', 'disputed', 'done', 'mixed'];

const leaseStates = { exclusive: 'leased', backed: 'backed', expired: 'expired' } as const;

/** The picture of a job at work. No node in it is smaller than the microbatches divided by `finest`. */
export function treeOf(job: Job, finest: number): TreeSnapshot {
  const { kind, step, microbatchCount } = job.request;
  const findings: Finding[] = [];
  const note = ({ begin, end }: TreeNode, state: NodeState, workerIds: readonly string[]): void => {
    findings.push({ begin, end, state, workerIds });
  };
  for (const { contributions } of job.reduction.held) {
    for (const contribution of contributions) note(contribution, 'done', [contribution.workerId]);
  }
  for (const { node, state, worker } of job.leases.values()) note(node, leaseStates[state], [worker.hello.workerId]);
  for (const { node, claims } of job.opinions) {
    const workerIds = claims.map(({ worker }) => worker.hello.workerId);
    note(node, 'disputed', workerIds);
  }
  for (const node of job.free.nodes) note(node, 'free', []);
  const outline = { microbatchCount, finest, isSummed: (node: TreeNode) => job.reduction.covers(node) };
  return { kind, step, microbatchCount, isCommitted: false, nodes: draw(findings, outline) };
}

/** The picture of a finished job. */
export function committedTree({ kind, step, contributions }: CommittedJob, finest: number): TreeSnapshot {
  const microbatchCount = Math.max(0, ...contributions.map(({ end }) => end));
  const findings = contributions.map(({ begin, end, workerId }): Finding => {
    return { begin, end, state: 'done', workerIds: [workerId] };
  });
  const nodes = draw(findings, { microbatchCount, finest, isSummed: () => true });
  return { kind, step, microbatchCount, isCommitted: true, nodes };
}

/** Puts a common ancestor in place of nodes that are too small to be seen, makes one of what is said of the same node, adds those above. */
function draw(findings: readonly Finding[], outline: Outline): readonly PicturedNode[] {
  const least = outline.microbatchCount / outline.finest;
  const nodes = new Map<string, PicturedNode>();
  const paths: (readonly TreeNode[])[] = [];
  for (const finding of findings) {
    const path = (pathTo(finding, outline.microbatchCount) ?? []).filter((node, depth) => depth === 0 || sizeOf(node) >= least);
    const seen = path.at(-1);
    if (seen === undefined) continue;
    paths.push(path);
    const key = keyOf(seen);
    const there = nodes.get(key);
    const node = { ...finding, begin: seen.begin, end: seen.end, depth: path.length - 1 };
    nodes.set(key, there === undefined ? node : together(there, node, sizeOf(finding) === sizeOf(seen)));
  }
  for (const path of paths) addAncestors(nodes, path, outline);
  return [...nodes.values()].toSorted((a, b) => a.depth - b.depth || a.begin - b.begin);
}

function addAncestors(nodes: Map<string, PicturedNode>, path: readonly TreeNode[], { isSummed }: Outline): void {
  for (const [depth, { begin, end }] of path.slice(0, -1).entries()) {
    const key = keyOf({ begin, end });
    if (nodes.has(key)) continue;
    nodes.set(key, { begin, end, depth, state: isSummed({ begin, end }) ? 'summed' : 'inner', workerIds: [] });
  }
}

/** What two say of one node: of the same one, where several compute it, the most that can be said; of different ones below it, both. */
function together(a: PicturedNode, b: PicturedNode, isSameNode: boolean): PicturedNode {
  const workerIds = [...new Set([...a.workerIds, ...b.workerIds])];
  const most = weights.indexOf(a.state) >= weights.indexOf(b.state) ? a.state : b.state;
  return { ...a, state: isSameNode || a.state === b.state ? most : 'mixed', workerIds };
}

const keyOf = ({ begin, end }: TreeNode): string => `${begin}-${end}`;
