// The coordinator as a state machine: something happens, and what is to be done about it follows. Nothing in here knows
// sockets, clocks, files or chance; the same events at the same times have the same effects.
//
// It knows reductions, not learning: a job is asked for, its tree nodes are leased, and the root's sum is handed back. This file is
// the conversation with workers; what they compute is in work.ts.

import type { Finish, Hello, WorkerMessage } from '../../protocol/index.js';
import { isStaged, programsAtOnce, programsFor, refusalOf, unexpected, welcomeOf, type Refusal } from './admission.js';
import type { ConnectionId, CoreEvent, Effect, JobRequest } from './events.js';
import type { CoreOptions, RunProgram } from './options.js';
import { Outbox } from './outbox.js';
import { hear } from './patience.js';
import { Reputations } from './reputations.js';
import { snapshotOf, type CoreSnapshot } from './snapshot.js';
import { treeOf, type TreeSnapshot } from './tree-snapshot.js';
import { Trust } from './trust.js';
import { Work } from './work.js';
import { Workers, type WorkerStatistics } from './workers.js';

const banned: Refusal = { code: 'wrong-bits', message: 'Cannot join: this worker was refused for a wrong result' };

/** The core of a coordinator. `handle` is its only way in; it keeps no reference to what it returned. */
export class CoordinatorCore {
  readonly #options: CoreOptions;
  readonly #workers = new Workers();
  readonly #outbox = new Outbox();
  readonly #trust: Trust;
  readonly #work: Work;
  /** Connections that have not said hello, and their places. */
  readonly #strangers = new Map<ConnectionId, string | undefined>();
  #parameters: JobRequest | undefined;
  /** The program of the stage that the run is in, where it has several of one role. */
  #stageProgram: RunProgram | undefined;
  #finish: Finish | undefined;
  #now = 0;

  constructor(options: CoreOptions) {
    this.#options = options;
    this.#trust = new Trust(options.recheck, options.reputations ?? new Reputations());
    this.#work = new Work({
      ...{ options, workers: this.#workers, trust: this.#trust, outbox: this.#outbox },
      refuse: (connection, refusal) => this.#refuse(connection, refusal),
      publish: (request) => this.#publish(request),
    });
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
    return snapshotOf(this.#workers, this.#work.job, now);
  }

  /** The reduction tree at this moment, for people; undefined between jobs. */
  tree(finest: number): TreeSnapshot | undefined {
    const { job } = this.#work;
    return job === undefined ? undefined : treeOf(job, finest);
  }

  /** What follows from an event at a time, in milliseconds of any clock that does not run backwards. */
  handle(event: CoreEvent, now: number): readonly Effect[] {
    this.#now = now;
    this.#work.wake(now);
    switch (event.type) {
      case 'connected':
        this.#strangers.set(event.connection, event.place);
        break;
      case 'disconnected':
        this.#forget(event.connection);
        break;
      case 'message':
        this.#hear(event.connection, event.message, event.payload);
        break;
      case 'tick':
        this.#work.tick();
        break;
      case 'jobRequested':
        this.#begin(event.job);
        break;
      case 'runEnded':
        this.#end({ type: 'finish', reason: event.reason, parametersSha256: event.parametersSha256 });
        break;
    }
    this.#work.deal();
    return this.#outbox.take();
  }

  #hear(connection: ConnectionId, message: WorkerMessage, payload: Float32Array | undefined): void {
    const worker = this.#workers.get(connection);
    if (worker === undefined) {
      if (!this.#strangers.has(connection)) return;
      if (message.type === 'hello') this.#greet(connection, message);
      else this.#refuse(connection, unexpected(message.type, 'a hello wanted first'));
      return;
    }
    // It may have been caught at another run, after it had come here.
    if (this.#trust.isBanned(worker.hello.workerId)) return this.#refuse(connection, banned);
    hear(worker, this.#now);
    switch (message.type) {
      case 'hello':
        this.#refuse(connection, unexpected('hello', 'one was heard already'));
        break;
      case 'contribution':
        this.#work.receive(worker, message, payload);
        break;
      case 'release':
        this.#work.takeBack(worker, message);
        break;
      case 'goodbye':
        this.#dismiss(connection, 'goodbye');
        break;
      case 'failure': {
        const text = `Worker ${worker.hello.workerName} has failed: ${message.code}: ${message.message}`;
        this.#outbox.log('warning', text);
        this.#dismiss(connection, 'the worker has failed');
        break;
      }
    }
  }

  #greet(connection: ConnectionId, hello: Hello): void {
    const earlier = this.#workers.withId(hello.workerId);
    const refusal = refusalOf(hello, this.#options.admission, this.#workers.count - (earlier === undefined ? 0 : 1));
    if (refusal !== undefined) return this.#refuse(connection, refusal);
    if (this.#trust.isBanned(hello.workerId)) return this.#refuse(connection, banned);
    if (earlier !== undefined) {
      const message = 'The same worker has joined over a newer connection';
      this.#refuse(earlier.connection, { code: 'worker-replaced', message });
    }
    const place = this.#strangers.get(connection);
    this.#strangers.delete(connection);
    hear(this.#workers.add(connection, hello, this.#trust.standingOf(hello, place, this.#now)), this.#now);
    this.#outbox.send([connection], welcomeOf(this.#options, hello));
    for (const program of programsAtOnce(programsFor(this.#options, hello), this.#stageProgram))
      this.#sendProgram([connection], program);
    if (this.#parameters !== undefined) this.#sendParameters([connection], this.#parameters);
    if (this.#finish !== undefined) this.#outbox.send([connection], this.#finish);
    const { workerName, kind, backend, threadCount, arithmetic } = hello;
    const details = [kind, backend, `${threadCount} threads`, ...(arithmetic === 'exact' ? [] : [arithmetic])];
    this.#outbox.log('information', `Worker ${workerName} has joined (${details.join(', ')})`);
  }

  #begin(request: JobRequest): void {
    const { job } = this.#work;
    if (job !== undefined) throw new Error(`Cannot begin a job for step ${request.step}: job ${job.jobId} is open`);
    this.#enterStage(request);
    this.#work.begin(request);
  }

  /** Sends a job's program to everyone where it is that of a new stage. */
  #enterStage({ programSha256, step }: JobRequest): void {
    const { programs } = this.#options;
    const program = programs.find(({ sha256 }) => sha256 === programSha256);
    if (program === undefined || program === this.#stageProgram || !isStaged(program, programs)) return;
    this.#stageProgram = program;
    this.#sendProgram(this.#workers.connections, program);
    this.#outbox.log('information', `Training with program ${programSha256.slice(0, 8)} begins at step ${step}`);
  }

  /** Sends a job's parameters to everyone, unless they have them. */
  #publish(request: JobRequest): void {
    if (this.#parameters?.parametersSha256 === request.parametersSha256) return;
    this.#parameters = request;
    this.#sendParameters(this.#workers.connections, request);
  }

  #end(finish: Finish): void {
    this.#work.abandon();
    this.#finish = finish;
    this.#outbox.send(this.#workers.connections, finish);
  }

  #refuse(connection: ConnectionId, refusal: Refusal): void {
    this.#outbox.refuse(connection, refusal);
    this.#forget(connection);
  }

  #dismiss(connection: ConnectionId, reason: string): void {
    this.#outbox.close(connection, 'normal', reason);
    this.#forget(connection);
  }

  /** The connection is gone: what its worker held is free again. */
  #forget(connection: ConnectionId): void {
    this.#strangers.delete(connection);
    const worker = this.#workers.get(connection);
    if (worker === undefined) return;
    this.#workers.remove(worker);
    this.#trust.remember(worker);
    this.#work.release(worker);
    this.#outbox.log('information', `Worker ${worker.hello.workerName} has left`);
  }

  #sendProgram(connections: readonly ConnectionId[], { sha256, bytes }: RunProgram): void {
    this.#outbox.send(connections, { type: 'program', sha256 }, bytes);
  }

  #sendParameters(connections: readonly ConnectionId[], { parametersSha256, step, parameters }: JobRequest): void {
    this.#outbox.send(connections, { type: 'parameters', sha256: parametersSha256, step }, parameters);
  }
}
