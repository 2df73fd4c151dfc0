// The coordinator as a state machine: something happens, and what is to be done about it follows. Nothing in here knows
// sockets, clocks, files or chance; the same events at the same times have the same effects.
//
// It knows reductions, not learning: a job is asked for, its tree nodes are leased, and the root's sum is handed back.

import type { Contribution, CoordinatorMessage, Finish, Hello, Release, WorkerMessage } from '../../protocol/index.js';
import { mismatch, refusalOf, unexpected, welcomeOf, type Refusal } from './admission.js';
import { checkContribution, isFinite } from './contribution-check.js';
import type { ConnectionId, CoreEvent, Effect, JobRequest, LogEntry } from './events.js';
import { Job } from './job.js';
import type { CoreOptions } from './options.js';
import { expire, forgettable, hear, noteUnanswered, rest, startNext } from './patience.js';
import { sizeOf } from './reduction.js';
import { assignWork, leaseTimes, type Assignment } from './scheduling.js';
import { snapshotOf, type CoreSnapshot } from './snapshot.js';
import { treeOf, type TreeSnapshot } from './tree-snapshot.js';
import { paceOf, Workers, type LeaseRecord, type WorkerRecord, type WorkerStatistics } from './workers.js';

/** The core of a coordinator. `handle` is its only way in; it keeps no reference to what it returned. */
export class CoordinatorCore {
  readonly #options: CoreOptions;
  readonly #workers = new Workers();
  /** Connections that have not said hello. */
  readonly #strangers = new Set<ConnectionId>();
  /** Ids of workers that were caught with a wrong result. */
  readonly #banned = new Set<string>();
  #job: Job | undefined;
  #parameters: JobRequest | undefined;
  #finish: Finish | undefined;
  #lastJobId = 0;
  #lastLeaseId = 0;
  #now = 0;
  #effects: Effect[] = [];

  constructor(options: CoreOptions) {
    this.#options = options;
  }

  /** What each worker has done so far, also of those that have left. */
  get statistics(): readonly Readonly<WorkerStatistics>[] {
    return [...this.#workers.statistics];
  }

  /** Workers that have joined and not left. */
  get workerCount(): number {
    return this.#workers.count;
  }

  /** The state at this moment, for people. */
  snapshot(now: number): CoreSnapshot {
    return snapshotOf(this.#workers, this.#job, now);
  }

  /** The reduction tree at this moment, for people; undefined between jobs. */
  tree(finest: number): TreeSnapshot | undefined {
    return this.#job === undefined ? undefined : treeOf(this.#job, finest);
  }

  /** What follows from an event at a time, in milliseconds of any clock that does not run backwards. */
  handle(event: CoreEvent, now: number): readonly Effect[] {
    this.#now = now;
    this.#effects = [];
    switch (event.type) {
      case 'connected':
        this.#strangers.add(event.connection);
        break;
      case 'disconnected':
        this.#forget(event.connection);
        break;
      case 'message':
        this.#hear(event.connection, event.message, event.payload);
        break;
      case 'tick':
        this.#loseOverdueLeases();
        break;
      case 'jobRequested':
        this.#begin(event.job);
        break;
      case 'runEnded':
        this.#end({ type: 'finish', reason: event.reason, parametersSha256: event.parametersSha256 });
        break;
    }
    if (this.#job !== undefined) this.#assign(this.#job);
    return this.#effects;
  }

  #hear(connection: ConnectionId, message: WorkerMessage, payload: Float32Array | undefined): void {
    const worker = this.#workers.get(connection);
    if (worker === undefined) {
      if (!this.#strangers.has(connection)) return;
      if (message.type === 'hello') this.#greet(connection, message);
      else this.#refuse(connection, unexpected(message.type, 'a hello wanted first'));
      return;
    }
    hear(worker, this.#now);
    switch (message.type) {
      case 'hello':
        this.#refuse(connection, unexpected('hello', 'one was heard already'));
        break;
      case 'contribution':
        this.#receive(worker, message, payload);
        break;
      case 'release':
        this.#takeBack(worker, message);
        break;
      case 'goodbye':
        this.#dismiss(connection, 'normal', 'goodbye');
        break;
      case 'failure':
        this.#log('warning', `Worker ${worker.hello.workerName} has failed: ${message.code}: ${message.message}`);
        this.#dismiss(connection, 'normal', 'the worker has failed');
        break;
    }
  }

  #greet(connection: ConnectionId, hello: Hello): void {
    const earlier = this.#workers.withId(hello.workerId);
    const refusal = refusalOf(hello, this.#options.admission, this.#workers.count - (earlier === undefined ? 0 : 1));
    if (refusal !== undefined) return this.#refuse(connection, refusal);
    if (this.#banned.has(hello.workerId)) {
      return this.#refuse(connection, { code: 'wrong-bits', message: 'Cannot join: this worker was refused for a wrong result' });
    }
    if (earlier !== undefined) {
      const message = 'The same worker has joined over a newer connection';
      this.#refuse(earlier.connection, { code: 'worker-replaced', message });
    }
    this.#strangers.delete(connection);
    hear(this.#workers.add(connection, hello), this.#now);
    this.#send(connection, welcomeOf(this.#options));
    for (const { sha256, bytes } of this.#options.programs) {
      this.#effects.push({ type: 'send', connections: [connection], message: { type: 'program', sha256 }, payload: bytes });
    }
    if (this.#parameters !== undefined) this.#sendParameters([connection], this.#parameters);
    if (this.#finish !== undefined) this.#send(connection, this.#finish);
    this.#log(
      'information',
      `Worker ${hello.workerName} has joined (${hello.kind}, ${hello.backend}, ${hello.threadCount} threads)`,
    );
  }

  #begin(request: JobRequest): void {
    if (this.#job !== undefined) throw new Error(`Cannot begin a job for step ${request.step}: job ${this.#job.jobId} is open`);
    if (this.#parameters?.parametersSha256 !== request.parametersSha256) {
      this.#parameters = request;
      if (this.#workers.count > 0) this.#sendParameters(this.#workers.connections, request);
    }
    this.#job = new Job(++this.#lastJobId, request, this.#now);
  }

  #assign(job: Job): void {
    const issue = (assignment: Assignment) => this.#issue(job, assignment);
    assignWork(job, this.#workers, { options: this.#options.scheduling, now: this.#now, issue });
  }

  #issue(job: Job, { worker, node, confirmation }: Assignment): void {
    const { kind, step, programSha256, parametersSha256, key, microbatchCount } = job.request;
    const { scheduling: options } = this.#options;
    const { startedAt, deadline, milliseconds } = leaseTimes(worker, sizeOf(node), { options, now: this.#now, programSha256 });
    const leaseId = ++this.#lastLeaseId;
    job.issue({ leaseId, worker, node, state: 'exclusive', startedAt, deadline });
    if (confirmation !== undefined) confirmation.leaseId = leaseId;
    this.#send(worker.connection, {
      ...{ type: 'lease', leaseId, jobId: job.jobId, kind, step, programSha256, parametersSha256, key },
      ...{ begin: node.begin, end: node.end, microbatchCount, deadlineMilliseconds: milliseconds },
    });
  }

  #receive(worker: WorkerRecord, message: Contribution, payload: Float32Array | undefined): void {
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
    const { digest } = this.#options;
    const outputLength = this.#outputLength(job.request.programSha256);
    const refusal = checkContribution(message, payload, { job, lease, outputLength, digest });
    if (refusal !== undefined) return this.#refuse(worker.connection, refusal);
    const { programSha256 } = job.request;
    if (lease.startedAt !== undefined) {
      paceOf(worker, programSha256).add(this.#now - lease.startedAt, sizeOf(lease.node), this.#now);
    }
    worker.failureCount = 0;
    if (payload === undefined || !message.finite) this.#receiveNonFinite(job, lease);
    else this.#cancel(job, job.accept(lease, payload, message.payloadSha256));
    startNext(worker, programSha256, this.#now, this.#options.scheduling);
    for (const { reporter, node } of job.takeRefuted()) this.#ban(reporter, `[${node.begin}, ${node.end})`);
    if (job.reduction.root !== undefined) this.#complete(job);
  }

  #receiveNonFinite(job: Job, lease: LeaseRecord): void {
    const { begin, end } = lease.node;
    const where = `step ${job.request.step}, microbatches [${begin}, ${end})`;
    this.#log('warning', `Worker ${lease.worker.hello.workerName} reports a non-finite sum: ${where}`);
    if (job.reportNonFinite(lease)) this.#diverge(job);
  }

  #complete(job: Job): void {
    const { root } = job.reduction;
    if (root === undefined) return;
    // Finite sums may still overflow when they are added; one that came whole was looked at already.
    if (root.contributions.length > 1 && !isFinite(root.sum)) return this.#diverge(job);
    this.#job = undefined;
    for (const contribution of root.contributions) {
      const statistics = this.#workers.statisticsOf(contribution.workerId);
      if (statistics === undefined) continue;
      statistics.committedNodes += 1;
      statistics.microbatches += sizeOf(contribution);
    }
    const { kind, step } = job.request;
    const milliseconds = this.#now - job.startedAt;
    const result = { jobId: job.jobId, kind, step, outputs: root.sum, contributions: root.contributions, milliseconds };
    this.#effects.push({ type: 'jobFinished', result });
  }

  #diverge(job: Job): void {
    this.#abandon(job);
    this.#effects.push({ type: 'jobDiverged', kind: job.request.kind, step: job.request.step });
  }

  /** Ends a job without a result. */
  #abandon(job: Job): void {
    const leases = [...job.leases.values()];
    for (const lease of leases) job.withdraw(lease);
    this.#job = undefined;
    this.#sendCancel(leases);
  }

  #end(finish: Finish): void {
    if (this.#job !== undefined) this.#abandon(this.#job);
    this.#finish = finish;
    if (this.#workers.count > 0) this.#effects.push({ type: 'send', connections: this.#workers.connections, message: finish });
  }

  #takeBack(worker: WorkerRecord, { leaseIds, reason, detail }: Release): void {
    const job = this.#job;
    for (const leaseId of leaseIds) {
      const lease = job?.leases.get(leaseId);
      if (job === undefined || lease?.worker !== worker) continue;
      worker.statistics.reissuedLeases += 1;
      job.withdraw(lease);
    }
    if (job !== undefined) startNext(worker, job.request.programSha256, this.#now, this.#options.scheduling);
    if (reason === 'drain') worker.draining = true;
    else rest(worker, this.#now, this.#options.scheduling);
    if (reason === 'error')
      this.#log('warning', `Worker ${worker.hello.workerName} gave leases back: ${detail ?? 'no reason given'}`);
  }

  #loseOverdueLeases(): void {
    const job = this.#job;
    if (job === undefined) return;
    for (const { worker, node } of expire(job, this.#now, this.#options.scheduling)) {
      worker.statistics.reissuedLeases += 1;
      const range = `[${node.begin}, ${node.end})`;
      this.#log('warning', `A deadline of worker ${worker.hello.workerName} has passed: ${range} is issued again`);
    }
    const forgotten = forgettable(job, this.#now);
    for (const lease of forgotten) {
      job.withdraw(lease);
      startNext(lease.worker, job.request.programSha256, this.#now, this.#options.scheduling);
    }
    this.#sendCancel(forgotten);
  }

  /** Tells workers that others were faster. */
  #cancel(job: Job, obsolete: readonly LeaseRecord[]): void {
    const { programSha256 } = job.request;
    for (const lease of obsolete) {
      noteUnanswered(lease, programSha256, this.#now, this.#options.scheduling);
      startNext(lease.worker, programSha256, this.#now, this.#options.scheduling);
    }
    this.#sendCancel(obsolete);
  }

  #sendCancel(leases: readonly LeaseRecord[]): void {
    for (const worker of new Set(leases.map((lease) => lease.worker))) {
      const leaseIds = leases.filter((lease) => lease.worker === worker).map((lease) => lease.leaseId);
      this.#send(worker.connection, { type: 'cancel', leaseIds });
    }
  }

  #ban(worker: WorkerRecord, range: string): void {
    this.#banned.add(worker.hello.workerId);
    const message = `Cannot trust worker: ${range} reported as not finite, but others found a finite sum`;
    this.#log('warning', `Worker ${worker.hello.workerName} is refused: ${message}`);
    if (this.#workers.get(worker.connection) === worker) this.#refuse(worker.connection, { code: 'wrong-bits', message });
  }

  #refuse(connection: ConnectionId, { code, message }: Refusal): void {
    this.#send(connection, { type: 'refuse', code, message });
    this.#log('warning', `A connection is refused: ${code}: ${message}`);
    this.#dismiss(connection, code, message);
  }

  #dismiss(connection: ConnectionId, code: Refusal['code'] | 'normal', reason: string): void {
    this.#effects.push({ type: 'close', connection, code, reason });
    this.#forget(connection);
  }

  /** The connection is gone: what its worker held is free again. */
  #forget(connection: ConnectionId): void {
    this.#strangers.delete(connection);
    const worker = this.#workers.get(connection);
    if (worker === undefined) return;
    this.#workers.remove(worker);
    for (const lease of [...worker.queue]) {
      if (lease.state !== 'expired') worker.statistics.reissuedLeases += 1;
      this.#job?.withdraw(lease);
    }
    this.#log('information', `Worker ${worker.hello.workerName} has left`);
  }

  #outputLength(programSha256: string): number {
    return this.#options.programs.find((program) => program.sha256 === programSha256)?.outputLength ?? 0;
  }

  #sendParameters(connections: readonly ConnectionId[], { parametersSha256, step, parameters }: JobRequest): void {
    const message = { type: 'parameters', sha256: parametersSha256, step } as const;
    this.#effects.push({ type: 'send', connections, message, payload: parameters });
  }

  #send(connection: ConnectionId, message: CoordinatorMessage): void {
    this.#effects.push({ type: 'send', connections: [connection], message });
  }

  #log(level: LogEntry['level'], text: string): void {
    this.#effects.push({ type: 'log', entry: { level, text } });
  }
}
