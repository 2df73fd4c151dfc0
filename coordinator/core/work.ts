// The job at hand: leases go out, contributions come in, and what it comes to is told.

import type { Contribution, Release } from '../../protocol/index.js';
import type { TreeNode } from '../../tensor/index.js';
import { mismatch, type Refusal } from './admission.js';
import { checkContribution, isFinite } from './contribution-check.js';
import { backOpinions, Court, type Hands } from './court.js';
import type { ConnectionId, JobRequest } from './events.js';
import { Job } from './job.js';
import type { CoreOptions } from './options.js';
import type { Outbox } from './outbox.js';
import { expire, forgettable, noteUnanswered, rest, startNext } from './patience.js';
import { overlaps, sizeOf } from './reduction.js';
import { assignWork, leaseTimes, type Assignment } from './scheduling.js';
import type { Claim, OpinionReason } from './second-opinion.js';
import type { Trust } from './trust.js';
import { leaseMessage } from './lease-message.js';
import { segmentWorker, takesSegments, Ways } from './ways.js';
import { isAvailable, paceOf, type LeaseRecord, type WorkerRecord, type Workers } from './workers.js';

/** A worker with so many sums that wait for a second opinion gets no new work. */
const claimLimit = 16;

/** What the work is done with. */
export interface WorkSurroundings {
  readonly options: CoreOptions;
  readonly workers: Workers;
  readonly trust: Trust;
  readonly outbox: Outbox;
  /** Sends the parameters of a reduction to everyone, unless they have them. */
  readonly publish: (request: JobRequest) => void;
  /** Ends a connection, with its worker's leases. */
  readonly refuse: (connection: ConnectionId, refusal: Refusal) => void;
}

/** The work of a run, one job after the other. */
export class Work {
  readonly #surroundings: WorkSurroundings;
  readonly #options: CoreOptions;
  readonly #outbox: Outbox;
  readonly #court: Court;
  readonly #ways: Ways;
  #job: Job | undefined;
  #lastJobId = 0;
  #lastLeaseId = 0;
  #now = 0;

  constructor(surroundings: WorkSurroundings) {
    this.#surroundings = surroundings;
    this.#options = surroundings.options;
    this.#outbox = surroundings.outbox;
    this.#court = new Court(surroundings);
    this.#ways = new Ways(surroundings.options.scheduling);
  }

  /** The job that is open; undefined between two. */
  get job(): Job | undefined {
    return this.#job;
  }

  /** Says what time it is, before anything else happens. */
  wake(now: number): void {
    this.#now = now;
  }

  begin(request: JobRequest): void {
    this.#open(request, this.#ways.stepCountOf(request, this.#surroundings.workers, this.#now));
  }

  #open(request: JobRequest, stepCount: number | undefined): void {
    this.#job = new Job(++this.#lastJobId, request, this.#now, stepCount);
    if (stepCount === undefined) this.#surroundings.publish(request);
  }

  /** Gives out what there is to give out; comes after everything that happens. */
  deal(): void {
    if (this.#job !== undefined && this.#job.opinions.length > 0) this.#court.deliberate(this.#job, this.#hands(this.#job));
    const job = this.#job;
    if (job === undefined) return;
    if (job.stepCount !== undefined && this.#dealSegment(job)) return;
    this.#dealNodes(this.#job ?? job);
  }

  /** Gives the segment out; false where it has to be computed step by step, because nobody here takes segments. */
  #dealSegment(job: Job): boolean {
    if (job.free.isEmpty) return true;
    const { workers } = this.#surroundings;
    const worker = segmentWorker(workers, job.paceKey, this.#now);
    if (worker !== undefined) {
      const node = job.free.take(Infinity, []);
      if (node !== undefined) this.#issue(job, { worker, node });
      return true;
    }
    if (![...workers].some((other) => isAvailable(other, this.#now) && !takesSegments(other))) return true;
    this.#computeByStep(job);
    return false;
  }

  /** Begins a segment's first step anew, as a reduction; so are the others that it would have had. */
  #computeByStep(job: Job): void {
    this.#ways.avoidUntil(job.request.step + (job.stepCount ?? 0));
    this.abandon();
    this.#open(job.request, undefined);
  }

  #dealNodes(job: Job): void {
    const issue = (assignment: Assignment) => this.#issue(job, assignment);
    assignWork(job, this.#unburdened(job), { options: this.#options.scheduling, now: this.#now, issue });
  }

  /** Who may be given more: sums that wait for a second opinion take memory each. */
  #unburdened({ opinions }: Job): Iterable<WorkerRecord> {
    const { workers } = this.#surroundings;
    if (opinions.length < claimLimit) return workers;
    const counts = new Map<WorkerRecord, number>();
    for (const { claims } of opinions) for (const { worker } of claims) counts.set(worker, (counts.get(worker) ?? 0) + 1);
    return [...workers].filter((worker) => (counts.get(worker) ?? 0) < claimLimit);
  }

  receive(worker: WorkerRecord, message: Contribution, payload: Float32Array | undefined): void {
    const job = this.#job;
    const lease = job?.leases.get(message.leaseId);
    if (job === undefined || lease === undefined) {
      // Late, twice, or for what others have done: expected, and of no use.
      if (message.leaseId <= this.#lastLeaseId) worker.statistics.droppedContributions += 1;
      else this.#refuse(worker.connection, mismatch(`lease ${message.leaseId} was never issued`));
      return;
    }
    if (lease.worker !== worker) {
      return this.#refuse(worker.connection, mismatch(`lease ${message.leaseId} is another worker's`));
    }
    const { digest, programs } = this.#options;
    const refusal = checkContribution(message, payload, { job, lease, programs, digest });
    if (refusal !== undefined) return this.#refuse(worker.connection, refusal);
    if (lease.startedAt !== undefined) paceOf(worker, job.paceKey).add(this.#now - lease.startedAt, lease.size, this.#now);
    worker.failureCount = 0;
    worker.statistics.computeMilliseconds += message.computeMilliseconds;
    const sha256 = message.payloadSha256;
    if (payload === undefined || !message.finite) this.#receiveNonFinite(job, lease, sha256);
    else if (job.stepCount !== undefined) this.#receiveSegment(job, lease, payload, sha256);
    else this.#receiveSum(job, lease, { worker, sum: payload, sha256 });
    startNext(worker, job.paceKey, this.#now, this.#options.scheduling);
  }

  #receiveSegment(job: Job, lease: LeaseRecord, result: Float32Array, sha256: string): void {
    this.#cancel(job, job.accept(lease, result, sha256));
    this.#complete(job);
  }

  #receiveSum(job: Job, lease: LeaseRecord, claim: Claim & { readonly sum: Float32Array }): void {
    const reason = this.#doubtOf(job, lease);
    if (reason === undefined) this.#cancel(job, job.accept(lease, claim.sum, claim.sha256));
    else job.hold(lease, claim, reason);
    this.#look(job);
  }

  /** Why a sum that has come does not count yet. */
  #doubtOf(job: Job, { node, worker }: LeaseRecord): OpinionReason | undefined {
    const { trust } = this.#surroundings;
    const doubt = trust.doubtOf(worker, this.#now);
    if (job.opinions.length === 0) return doubt;
    const open = job.opinionOn(node);
    if (open !== undefined) return open.reason;
    // What a volunteer says of a part of a node in question, or of a whole that it is part of, does not answer the question.
    return doubt ?? (trust.isDoubted(worker) && job.isQuestioned(node) ? 'recheck' : undefined);
  }

  #receiveNonFinite(job: Job, lease: LeaseRecord, sha256: string): void {
    const { worker, node } = lease;
    const { step } = job.request;
    if (job.stepCount !== undefined) {
      this.#outbox.log(
        'warning',
        `Worker ${worker.hello.workerName} cannot take all of steps ${step} to ${step + job.stepCount - 1}`,
      );
      return this.#computeByStep(job);
    }
    const where = `step ${step}, microbatches [${node.begin}, ${node.end})`;
    this.#outbox.log('warning', `Worker ${worker.hello.workerName} reports a non-finite sum: ${where}`);
    job.hold(lease, { worker, sum: undefined, sha256 }, 'non-finite');
    // What is not finite in a part is not finite in the whole.
    const isConfirmed = job.opinions.some(
      ({ node: other, claims: [first] }) =>
        overlaps(other, node) &&
        sizeOf(other) !== sizeOf(node) &&
        first?.sum === undefined &&
        this.#areIndependent(first, worker),
    );
    if (isConfirmed) this.#diverge(job);
  }

  #areIndependent(first: Claim | undefined, { hello, place, isVolunteer }: WorkerRecord): boolean {
    if (first === undefined || first.worker.hello.workerId === hello.workerId) return false;
    return !isVolunteer || !first.worker.isVolunteer || first.worker.place !== place;
  }

  #hands(job: Job): Hands {
    return {
      ...{ now: this.#now, scheduling: this.#options.scheduling, isOpen: () => this.#job === job },
      ask: (worker, opinion) => this.#issue(job, { worker, node: opinion.node, opinion }),
      add: (node, claim) => this.#add(job, node, claim),
      diverge: () => this.#diverge(job),
    };
  }

  #add(job: Job, node: TreeNode, { worker, sum, sha256 }: Claim): void {
    if (sum === undefined || job.reduction.covers(node)) return;
    const { workerId, arithmetic } = worker.hello;
    this.#cancel(job, job.add({ begin: node.begin, end: node.end, workerId, sha256 }, arithmetic, sum));
    this.#look(job);
  }

  /** After sums have been added: what they answer, and whether they are all. */
  #look(job: Job): void {
    if (job.opinions.length > 0) {
      for (const { node, claims } of job.takeCovered()) {
        for (const claim of claims) if (claim.sum === undefined) this.#court.convict(job, claim, node);
      }
    }
    if (job.reduction.root !== undefined) this.#complete(job);
  }

  #complete(job: Job): void {
    const { root } = job.reduction;
    if (root === undefined) return;
    // Finite sums may still overflow when they are added; one that came whole was looked at already.
    if (root.contributions.length > 1 && !isFinite(root.sum)) return this.#diverge(job);
    this.#job = undefined;
    const { stepCount = 1 } = job;
    for (const contribution of root.contributions) {
      const statistics = this.#surroundings.workers.statisticsOf(contribution.workerId);
      if (statistics === undefined) continue;
      statistics.committedNodes += stepCount;
      statistics.microbatches += sizeOf(contribution) * stepCount;
      if (contribution.arithmetic === 'tolerant') statistics.tolerantNodes += 1;
    }
    const { kind, step } = job.request;
    const milliseconds = this.#now - job.startedAt;
    this.#ways.note(job, milliseconds);
    const sums = { outputs: root.sum, stepCount: job.stepCount, contributions: root.contributions };
    const result = { jobId: job.jobId, kind, step, ...sums, milliseconds };
    this.#outbox.add({ type: 'jobFinished', result });
  }

  #diverge(job: Job): void {
    this.abandon();
    this.#outbox.add({ type: 'jobDiverged', kind: job.request.kind, step: job.request.step });
  }

  /** Ends the job at hand, if there is one, without a result. */
  abandon(): void {
    const job = this.#job;
    if (job === undefined) return;
    const leases = [...job.leases.values()];
    for (const lease of leases) job.withdraw(lease);
    this.#job = undefined;
    this.#outbox.cancel(leases);
  }

  takeBack(worker: WorkerRecord, { leaseIds, reason, detail }: Release): void {
    const job = this.#job;
    const { scheduling } = this.#options;
    let hasFailedSegment = false;
    for (const leaseId of leaseIds) {
      const lease = job?.leases.get(leaseId);
      if (job === undefined || lease?.worker !== worker) continue;
      worker.statistics.reissuedLeases += 1;
      job.withdraw(lease);
      hasFailedSegment ||= job.stepCount !== undefined && reason === 'error';
    }
    if (job !== undefined) startNext(worker, job.paceKey, this.#now, scheduling);
    if (reason === 'drain') worker.draining = true;
    else rest(worker, this.#now, scheduling);
    if (reason === 'error') {
      this.#outbox.log('warning', `Worker ${worker.hello.workerName} gave leases back: ${detail ?? 'no reason given'}`);
    }
    if (!hasFailedSegment || job === undefined) return;
    // What one thread cannot do is for all of them.
    this.#ways.noteFailure(this.#now);
    this.#computeByStep(job);
  }

  /** What a worker that is gone held is free again. */
  release(worker: WorkerRecord): void {
    for (const lease of [...worker.queue]) {
      if (lease.state !== 'expired') worker.statistics.reissuedLeases += 1;
      this.#job?.withdraw(lease);
    }
  }

  /** Looks at deadlines. */
  tick(): void {
    const job = this.#job;
    if (job === undefined) return;
    const { scheduling } = this.#options;
    for (const { worker, node } of expire(job, this.#now, scheduling)) {
      worker.statistics.reissuedLeases += 1;
      const range = `[${node.begin}, ${node.end})`;
      this.#outbox.log('warning', `A deadline of worker ${worker.hello.workerName} has passed: ${range} is issued again`);
    }
    const forgotten = forgettable(job, this.#now);
    for (const lease of forgotten) {
      job.withdraw(lease);
      startNext(lease.worker, job.paceKey, this.#now, scheduling);
    }
    this.#outbox.cancel(forgotten);
    if (job.opinions.length > 0) {
      backOpinions(job, this.#surroundings, { now: this.#now, scheduling });
    }
  }

  #issue(job: Job, { worker, node, opinion }: Assignment): void {
    const { paceKey, stepCount = 1 } = job;
    const { scheduling: options } = this.#options;
    const size = sizeOf(node) * stepCount;
    const { startedAt, deadline, milliseconds } = leaseTimes(worker, size, { options, now: this.#now, paceKey });
    const leaseId = ++this.#lastLeaseId;
    job.issue({ leaseId, worker, node, size, state: 'exclusive', startedAt, deadline });
    if (opinion !== undefined) opinion.leaseId = leaseId;
    const { message, payload } = leaseMessage(job, { leaseId, node, deadlineMilliseconds: milliseconds });
    this.#outbox.send([worker.connection], message, payload);
  }

  /** Tells workers that others were faster. */
  #cancel(job: Job, obsolete: readonly LeaseRecord[]): void {
    for (const lease of obsolete) {
      noteUnanswered(lease, job.paceKey, this.#now, this.#options.scheduling);
      startNext(lease.worker, job.paceKey, this.#now, this.#options.scheduling);
    }
    if (obsolete.length > 0) this.#outbox.cancel(obsolete);
  }

  #refuse(connection: ConnectionId, refusal: Refusal): void {
    this.#surroundings.refuse(connection, refusal);
  }
}
