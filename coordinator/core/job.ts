// One reduction on its way: what has come, who computes what, what is free, and what needs a second opinion.

import type { Arithmetic } from '../../protocol/index.js';
import type { TreeNode } from '../../tensor/index.js';
import type { CommittedContribution, JobRequest } from './events.js';
import { FreeNodes } from './free-nodes.js';
import { contains, overlaps, Reduction } from './reduction.js';
import type { Claim, OpinionReason, SecondOpinion } from './second-opinion.js';
import type { LeaseRecord } from './workers.js';

/** The key of segments of a request. */
export const segmentPaceKey = ({ programSha256, segment }: JobRequest): string =>
  `${programSha256} ${segment?.updateSha256 ?? ''}`;

/** The state of the job that workers compute now. */
export class Job {
  readonly jobId: number;
  readonly request: JobRequest;
  readonly startedAt: number;
  readonly reduction: Reduction;
  readonly free = new FreeNodes();
  readonly leases = new Map<number, LeaseRecord>();
  /** Nodes whose sums have come and do not count yet. */
  readonly opinions: SecondOpinion[] = [];

  /** Steps that one worker computes by itself; undefined: the job is a reduction. */
  readonly stepCount: number | undefined;
  /** Leases of jobs with the same key take a worker the same time for each microbatch. */
  readonly paceKey: string;

  constructor(jobId: number, request: JobRequest, now: number, stepCount?: number) {
    this.jobId = jobId;
    this.stepCount = stepCount;
    this.paceKey = stepCount === undefined ? request.programSha256 : segmentPaceKey(request);
    this.request = request;
    this.startedAt = now;
    this.reduction = new Reduction(request.microbatchCount);
    this.free.give({ begin: 0, end: request.microbatchCount }, []);
  }

  /** Notes that a worker has been given a node. */
  issue(lease: LeaseRecord): void {
    this.leases.set(lease.leaseId, lease);
    lease.worker.queue.push(lease);
  }

  /** Lets others compute a node too, without taking it from its worker. */
  share(lease: LeaseRecord, state: 'backed' | 'expired'): void {
    const wasExclusive = lease.state === 'exclusive';
    lease.state = state;
    if (wasExclusive) this.#giveBack(lease.node);
    this.#reopen(lease);
  }

  /** Ends a lease without a result; its work is free again. */
  withdraw(lease: LeaseRecord): void {
    this.#forget(lease);
    if (lease.state === 'exclusive') this.#giveBack(lease.node);
    this.#reopen(lease);
  }

  /** Takes a lease's sum; gives the other leases that nobody needs any more. */
  accept(lease: LeaseRecord, sum: Float32Array, sha256: string): readonly LeaseRecord[] {
    this.#forget(lease);
    const { node, worker } = lease;
    const { begin, end } = node;
    return this.add({ begin, end, workerId: worker.hello.workerId, sha256 }, worker.hello.arithmetic, sum);
  }

  /** Makes a sum a part of the job's; gives the leases that nobody needs any more. */
  add(by: CommittedContribution, arithmetic: Arithmetic, sum: Float32Array): readonly LeaseRecord[] {
    const complete = this.reduction.accept(arithmetic === 'tolerant' ? { ...by, arithmetic } : by, sum);
    this.free.remove(complete);
    const obsolete = [...this.leases.values()].filter((other) => contains(complete, other.node));
    for (const other of obsolete) this.#forget(other);
    return obsolete;
  }

  /** The open question about exactly this node. */
  opinionOn({ begin, end }: TreeNode): SecondOpinion | undefined {
    return this.opinions.find(({ node }) => node.begin === begin && node.end === end);
  }

  /** Keeps what a lease's worker claims until others have spoken. */
  hold(lease: LeaseRecord, claim: Claim, reason: OpinionReason): void {
    this.#forget(lease);
    this.#reopen(lease);
    const { node } = lease;
    const open = this.opinionOn(node);
    if (open !== undefined) return void open.claims.push(claim);
    this.free.remove(node);
    // Someone else may be at it already.
    const other = [...this.leases.values()].find(
      ({ node: at, state }) => at.begin === node.begin && at.end === node.end && state !== 'expired',
    );
    this.opinions.push({ node, reason, claims: [claim], leaseId: other?.leaseId, seenCount: 0, isTold: false });
  }

  /** Closes a question: it is decided, or its node is part of what has been added up. */
  close(opinion: SecondOpinion): void {
    const index = this.opinions.indexOf(opinion);
    if (index >= 0) this.opinions.splice(index, 1);
  }

  /** Drops all that a worker has contributed to the job, and gives the work back, with what was added to it already. */
  discard(workerId: string): void {
    for (const opinion of [...this.opinions]) {
      const others = opinion.claims.filter(({ worker }) => worker.hello.workerId !== workerId);
      opinion.claims.splice(0, opinion.claims.length, ...others);
      if (others.length > 0) continue;
      this.close(opinion);
      this.#giveBack(opinion.node);
    }
    for (const node of this.reduction.discard(workerId)) this.#giveBack(node);
  }

  /** Takes out the questions that sums of others have answered. */
  takeCovered(): readonly SecondOpinion[] {
    const covered = this.opinions.filter(({ node }) => this.reduction.covers(node));
    for (const opinion of covered) this.close(opinion);
    return covered;
  }

  /** Whether a node shares microbatches with one that a question is open about. */
  isQuestioned(node: TreeNode): boolean {
    return this.opinions.some((opinion) => overlaps(opinion.node, node));
  }

  #forget(lease: LeaseRecord): void {
    this.leases.delete(lease.leaseId);
    const index = lease.worker.queue.indexOf(lease);
    if (index >= 0) lease.worker.queue.splice(index, 1);
  }

  #giveBack(node: TreeNode): void {
    const taken: TreeNode[] = [...this.reduction.held];
    for (const lease of this.leases.values()) if (lease.state === 'exclusive') taken.push(lease.node);
    for (const opinion of this.opinions) taken.push(opinion.node);
    this.free.give(node, taken);
  }

  #reopen(lease: LeaseRecord): void {
    for (const opinion of this.opinions) if (opinion.leaseId === lease.leaseId) opinion.leaseId = undefined;
  }
}
