// One reduction on its way: what has come, who computes what, what is free, and what needs a second opinion.

import type { TreeNode } from '../../tensor/index.js';
import type { JobRequest } from './events.js';
import { FreeNodes } from './free-nodes.js';
import { contains, overlaps, Reduction } from './reduction.js';
import type { LeaseRecord, WorkerRecord } from './workers.js';

/** A node whose sum one worker calls infinite or not a number, until someone confirms or refutes it. */
export interface Confirmation {
  readonly node: TreeNode;
  readonly reporter: WorkerRecord;
  /** The lease that will tell; undefined while nobody has it. */
  leaseId: number | undefined;
}

/** The state of the job that workers compute now. */
export class Job {
  readonly jobId: number;
  readonly request: JobRequest;
  readonly startedAt: number;
  readonly reduction: Reduction;
  readonly free = new FreeNodes();
  readonly leases = new Map<number, LeaseRecord>();
  readonly confirmations: Confirmation[] = [];

  constructor(jobId: number, request: JobRequest, now: number) {
    this.jobId = jobId;
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
    this.#reopenConfirmation(lease);
  }

  /** Ends a lease without a result; its work is free again. */
  withdraw(lease: LeaseRecord): void {
    this.#forget(lease);
    if (lease.state === 'exclusive') this.#giveBack(lease.node);
    this.#reopenConfirmation(lease);
  }

  /** Takes a lease's sum; gives the other leases that nobody needs any more. */
  accept(lease: LeaseRecord, sum: Float32Array, sha256: string): readonly LeaseRecord[] {
    this.#forget(lease);
    const { begin, end } = lease.node;
    const complete = this.reduction.accept({ begin, end, workerId: lease.worker.hello.workerId, sha256 }, sum);
    this.free.remove(complete);
    const obsolete = [...this.leases.values()].filter((other) => contains(complete, other.node));
    for (const other of obsolete) this.#forget(other);
    return obsolete;
  }

  /** Notes a non-finite sum; true where it confirms what was reported before. */
  reportNonFinite(lease: LeaseRecord): boolean {
    this.#forget(lease);
    const confirms = this.confirmations.some(
      ({ node, reporter, leaseId }) =>
        leaseId === lease.leaseId || (reporter.hello.workerId !== lease.worker.hello.workerId && overlaps(node, lease.node)),
    );
    if (confirms) return true;
    this.confirmations.push({ node: lease.node, reporter: lease.worker, leaseId: undefined });
    this.free.remove(lease.node);
    return false;
  }

  /** Takes out the reports that a finite sum has refuted. */
  takeRefuted(): readonly Confirmation[] {
    const refuted = this.confirmations.filter(({ node }) => this.reduction.covers(node));
    for (const confirmation of refuted) this.confirmations.splice(this.confirmations.indexOf(confirmation), 1);
    return refuted;
  }

  #forget(lease: LeaseRecord): void {
    this.leases.delete(lease.leaseId);
    const index = lease.worker.queue.indexOf(lease);
    if (index >= 0) lease.worker.queue.splice(index, 1);
  }

  #giveBack(node: TreeNode): void {
    const taken: TreeNode[] = [...this.reduction.held];
    for (const lease of this.leases.values()) if (lease.state === 'exclusive') taken.push(lease.node);
    for (const confirmation of this.confirmations) taken.push(confirmation.node);
    this.free.give(node, taken);
  }

  #reopenConfirmation(lease: LeaseRecord): void {
    for (const confirmation of this.confirmations) {
      if (confirmation.leaseId === lease.leaseId) confirmation.leaseId = undefined;
    }
  }
}
