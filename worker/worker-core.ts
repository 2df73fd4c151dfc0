// The worker as a state machine: connect, prove, join, compute leases, answer, come back, leave.
//
//   start → offline ⇄ greeting → joined → draining → ended
//
// Nothing here knows a socket, a clock, a thread: `handle` takes what happened and the time, and gives what to do about it.

import type { Bytes, CloseCode, Closure, CoordinatorMessage, ProgramEntry, Release, Welcome } from '../protocol/index.js';
import {
  contractVersion,
  decodeFrame,
  floatsOfBytes,
  mayRetry,
  numericsProfile,
  printableText,
  ProtocolError,
  protocolVersion,
  workerPayloadLengths,
} from '../protocol/index.js';
import { pauseBefore } from './backoff.js';
import type { WorkerEffect, WorkerEvent, WorkerOutcome } from './events.js';
import { keepLeases, noLeases, wantedLeases, type HeldLease, type HeldLeases } from './lease-queue.js';
import {
  checkDigest,
  isAnnounced,
  leaseObstacle,
  manifestOf,
  missingPart,
  readProgram,
  type HeldParameters,
  type RunManifest,
} from './run-manifest.js';
import type { WorkerSettings } from './settings.js';
import { computeEffect, paceKeyOf, sizeOf, stepsOf } from './work-of-lease.js';

/** Where a worker stands: see the diagram above. */
export type WorkerPhase = 'offline' | 'greeting' | 'joined' | 'draining' | 'ended';
type Effects = readonly WorkerEffect[];
type ComputeEvent = Extract<WorkerEvent, { readonly type: 'computed' | 'computeCancelled' | 'computeFailed' }>;

/** The platform-free core of a worker. One caller; effects are carried out in order, before the next event. */
export class WorkerCore {
  readonly #settings: WorkerSettings;
  #phase: WorkerPhase = 'offline';
  /** When the coordinator was last within reach, or when the worker started. */
  #reachedAt = 0;
  #everJoined = false;
  #attempt = 0;
  #welcomeBy = 0;
  #manifest: RunManifest | undefined;
  /** Programs that the computer holds, as they were announced. */
  readonly #programs = new Map<string, ProgramEntry>();
  #parameters: HeldParameters | undefined;
  #leases: HeldLeases = noLeases;
  #lastTaskId = 0;
  #failureCount = 0;
  /** Measured milliseconds for a microbatch, by program. */
  readonly #pace = new Map<string, number>();

  constructor(settings: WorkerSettings) {
    this.#settings = settings;
  }

  /** Where the worker stands, for shells that show it. */
  get phase(): WorkerPhase {
    return this.#phase;
  }

  /** What to do about an event at time `now` (milliseconds of any steady clock). */
  handle(event: WorkerEvent, now: number): Effects {
    if (this.#phase === 'ended') return [];
    switch (event.type) {
      case 'start':
        this.#reachedAt = now;
        return [{ type: 'connect', afterMilliseconds: 0 }];
      case 'connected':
        return this.#greet(now);
      case 'disconnected':
        return this.#lose(event.closure, now);
      case 'frame':
        return this.#hear(event.frame, now);
      case 'timer':
        if (this.#phase !== 'greeting' || now < this.#welcomeBy) return [];
        return [{ type: 'disconnect', code: 'heartbeat-timeout', reason: 'the hello was not answered in time' }];
      case 'drain':
        return this.#drain();
      case 'stop':
        return this.#leave({ type: 'stopped' });
      case 'computed':
      case 'computeCancelled':
      case 'computeFailed':
        return this.#settle(event);
    }
  }

  #greet(now: number): Effects {
    const { identity, times } = this.#settings;
    this.#phase = 'greeting';
    this.#welcomeBy = now + times.welcomeMilliseconds;
    const versions = { protocolVersion, contractVersion, profile: numericsProfile };
    return [
      { type: 'send', message: { type: 'hello', ...versions, ...identity } },
      { type: 'wake', afterMilliseconds: times.welcomeMilliseconds },
    ];
  }

  #lose({ code, reason }: Closure, now: number): Effects {
    if (this.#phase === 'draining') return this.#end({ type: 'drained' });
    if (this.#phase === 'joined') this.#reachedAt = now;
    this.#phase = 'offline';
    if (code !== 'normal' && !mayRetry(code)) return this.#end({ type: 'failed', code, message: reason });
    const { times, random } = this.#settings;
    const pause = pauseBefore(this.#attempt, random(), times);
    this.#attempt += 1;
    const patience = this.#everJoined ? times.reconnectMilliseconds : times.connectMilliseconds;
    if (patience !== null && now + pause - this.#reachedAt > patience) {
      const message = `Cannot reach coordinator: nothing found in ${patience / 1000} s, a connection wanted (last: ${reason})`;
      return this.#end({ type: 'failed', code: 'unreachable', message });
    }
    const text = `no connection (${code}: ${reason}), next attempt in ${(pause / 1000).toFixed(2)} s`;
    return [...this.#drop(() => false), report('warning', text), { type: 'connect', afterMilliseconds: pause }];
  }

  #hear(frame: Bytes, now: number): Effects {
    if (this.#phase === 'offline') return [];
    const programs = this.#phase === 'greeting' ? [] : [...(this.#manifest?.programs.values() ?? [])];
    try {
      const { message, payload } = decodeFrame(frame, { sender: 'coordinator', payloadLengths: workerPayloadLengths(programs) });
      return this.#obey(message, payload, now);
    } catch (error) {
      if (error instanceof ProtocolError) return this.#giveUp(error.code, error.message);
      throw error;
    }
  }

  #obey(message: CoordinatorMessage, payload: Bytes, now: number): Effects {
    switch (message.type) {
      case 'welcome':
        return this.#join(message);
      case 'refuse':
        // Codes that pass are tried again once the coordinator has closed.
        if (mayRetry(message.code)) return [{ type: 'disconnect', code: 'normal', reason: '' }];
        return this.#leave({ type: 'failed', code: message.code, message: message.message });
      case 'finish': {
        const { reason, parametersSha256 } = message;
        return this.#leave({ type: 'finished', reason, parametersSha256 });
      }
      case 'program': {
        const manifest = this.#joinedRun(message.type);
        if (this.#programs.has(message.sha256)) {
          // Held from the run before, and announced alike: what has this digest has been read and found good.
          checkDigest('program', { sha256: message.sha256, payload }, this.#verification);
          return [];
        }
        const program = readProgram({ sha256: message.sha256, payload }, manifest, this.#verification);
        const replaced = this.#replaceProgram(message.sha256, manifest);
        return [...replaced, { type: 'loadProgram', sha256: message.sha256, program, bytes: payload }];
      }
      case 'parameters': {
        const { sha256 } = message;
        this.#joinedRun(message.type);
        checkDigest('parameters', { sha256, payload }, this.#verification);
        if (this.#parameters?.sha256 === sha256) return [];
        this.#parameters = { sha256, byteLength: payload.byteLength };
        const cancelled = this.#drop((lease) => lease.type === 'segment' || lease.parametersSha256 === sha256);
        return [...cancelled, { type: 'loadParameters', sha256, bytes: payload }];
      }
      case 'lease':
        return this.#accept(message, this.#joinedRun(message.type));
      case 'segment':
        // The frame is read again by nobody, so the numbers may stay where they are.
        return this.#accept({ ...message, request: floatsOfBytes(payload) }, this.#joinedRun(message.type));
      case 'move':
        return this.#move(now);
      case 'cancel': {
        const ids = new Set(message.leaseIds);
        const dropped = this.#drop((lease) => !ids.has(lease.leaseId));
        return [...dropped, ...this.#next(), ...this.#leaveWhenDrained()];
      }
    }
  }

  /** Holds a program instead of the one of its role: a run that has several needs one at a time. */
  #replaceProgram(sha256: string, { programs }: RunManifest): Effects {
    const entry = programs.get(sha256);
    const gone = [...this.#programs.keys()].filter((held) => programs.get(held)?.role === entry?.role);
    const cancelled = this.#drop((lease) => !gone.includes(lease.programSha256));
    for (const held of gone) this.#programs.delete(held);
    if (entry !== undefined) this.#programs.set(sha256, entry);
    return [...cancelled, ...gone.map((held): WorkerEffect => ({ type: 'unloadProgram', sha256: held }))];
  }

  get #verification() {
    return { sha256: this.#settings.sha256, limits: this.#settings.limits.program };
  }

  #joinedRun(type: string): RunManifest {
    if (this.#manifest === undefined || this.#phase === 'greeting') {
      throw new ProtocolError('unexpected-message', `Cannot accept ${type}: no run joined, a welcome wanted`);
    }
    return this.#manifest;
  }

  #join(welcome: Welcome): Effects {
    if (this.#phase !== 'greeting')
      throw new ProtocolError('unexpected-message', 'Cannot accept welcome: a second one found, one wanted');
    const manifest = manifestOf(welcome);
    this.#phase = 'joined';
    this.#everJoined = true;
    this.#attempt = 0;
    this.#manifest = manifest;
    const gone = [...this.#programs.values()].filter((held) => !isAnnounced(held, manifest)).map(({ sha256 }) => sha256);
    for (const sha256 of gone) this.#programs.delete(sha256);
    return [
      ...gone.map((sha256): WorkerEffect => ({ type: 'unloadProgram', sha256 })),
      report('info', `joined run ${manifest.runId}`),
    ];
  }

  /** Says hello again, over the same connection: what comes next is of another run. */
  #move(now: number): Effects {
    this.#joinedRun('move');
    const dropped = this.#drop(() => false);
    return [...dropped, ...(this.#phase === 'draining' ? this.#leaveWhenDrained() : this.#greet(now))];
  }

  #accept(lease: HeldLease, manifest: RunManifest): Effects {
    if (this.#phase === 'draining') return [release([lease], 'drain')];
    const crowded = this.#leases.waiting.length >= this.#settings.limits.leaseCount;
    const held = { programs: this.#programs, parameters: this.#parameters };
    const missing = missingPart(lease, manifest, held);
    // What does not come in order does not get better by waiting: a new conversation begins with everything that is needed.
    if (missing !== undefined) return [{ type: 'disconnect', code: 'out-of-step', reason: `Cannot accept lease: ${missing}` }];
    const obstacle = crowded ? 'too many leases are waiting' : leaseObstacle(lease, manifest, held);
    if (obstacle !== undefined) {
      return [release([lease], 'error', obstacle), report('warning', `gave lease ${lease.leaseId} back: ${obstacle}`)];
    }
    this.#leases = { ...this.#leases, waiting: [...this.#leases.waiting, lease] };
    return this.#next();
  }

  /** Starts the oldest waiting lease where the threads are free. */
  #next(): Effects {
    const [lease, ...waiting] = this.#leases.waiting;
    if (lease === undefined || this.#leases.running !== undefined || this.#manifest === undefined) return [];
    this.#lastTaskId += 1;
    this.#leases = { running: { taskId: this.#lastTaskId, lease, wanted: true }, waiting };
    const { times } = this.#settings;
    const expected = (this.#pace.get(paceKeyOf(lease)) ?? 0) * sizeOf(lease);
    const limitMilliseconds = Math.max(times.computeMilliseconds, times.computeFactor * expected, lease.deadlineMilliseconds);
    const { microbatchSize } = this.#manifest;
    return [computeEffect(lease, { taskId: this.#lastTaskId, microbatchSize, limitMilliseconds })];
  }

  /** Forgets leases; the running one is told to stop but holds the threads until it does. */
  #drop(isWanted: (lease: HeldLease) => boolean): Effects {
    const before = this.#leases.running;
    this.#leases = keepLeases(this.#leases, isWanted);
    if (before?.wanted !== true || this.#leases.running?.wanted === true) return [];
    return [{ type: 'cancelCompute', taskId: before.taskId }];
  }

  #settle(event: ComputeEvent): Effects {
    const running = this.#leases.running;
    if (running?.taskId !== event.taskId) return [];
    this.#leases = { ...this.#leases, running: undefined };
    const { lease, wanted } = running;
    switch (event.type) {
      case 'computed': {
        this.#failureCount = 0;
        this.#pace.set(paceKeyOf(lease), event.milliseconds / sizeOf(lease));
        // The next lease starts before this one is answered: threads never wait for the socket.
        const answer = wanted ? [contribution(lease, event)] : [];
        return [...this.#next(), ...answer, ...this.#leaveWhenDrained()];
      }
      case 'computeCancelled':
        return [...(wanted ? [release([lease], 'cancelled')] : []), ...this.#next(), ...this.#leaveWhenDrained()];
      case 'computeFailed': {
        this.#failureCount += 1;
        const given = wanted ? [release([lease], 'error', event.reason)] : [];
        const mayPass = event.code === 'compute-failed' && this.#failureCount < this.#settings.limits.failureCount;
        if (!mayPass) return [...given, ...this.#giveUp(event.code, event.reason)];
        const warning = report('warning', `lease ${lease.leaseId} failed: ${event.reason}`);
        return [...given, warning, ...this.#next(), ...this.#leaveWhenDrained()];
      }
    }
  }

  #drain(): Effects {
    if (this.#phase === 'offline' || this.#phase === 'greeting') return this.#leave({ type: 'drained' });
    this.#phase = 'draining';
    const { running, waiting } = this.#leases;
    this.#leases = { running, waiting: [] };
    return [...(waiting.length > 0 ? [release(waiting, 'drain')] : []), ...this.#leaveWhenDrained()];
  }

  #leaveWhenDrained(): Effects {
    const isDone = this.#phase === 'draining' && wantedLeases(this.#leases).length === 0;
    return isDone ? this.#leave({ type: 'drained' }) : [];
  }

  /** Ends the worker in good order. */
  #leave(outcome: WorkerOutcome): Effects {
    const isConnected = this.#phase !== 'offline';
    const says = outcome.type === 'drained' || outcome.type === 'stopped';
    return [
      ...(isConnected && says ? [{ type: 'send', message: { type: 'goodbye' } } as const] : []),
      ...(isConnected ? [{ type: 'disconnect', code: 'normal', reason: outcome.type } as const] : []),
      ...this.#end(outcome),
    ];
  }

  /** Ends the worker because of something that a new attempt would not mend, and says so. */
  #giveUp(code: CloseCode, reason: string): Effects {
    const message = printableText(reason);
    const isConnected = this.#phase !== 'offline';
    return [
      ...(isConnected ? [{ type: 'send', message: { type: 'failure', code, message } } as const] : []),
      ...(isConnected ? [{ type: 'disconnect', code, reason: message } as const] : []),
      ...this.#end({ type: 'failed', code, message: reason }),
    ];
  }

  #end(outcome: WorkerOutcome): Effects {
    this.#phase = 'ended';
    return [{ type: 'exit', outcome }];
  }
}

function report(level: 'info' | 'warning', text: string): WorkerEffect {
  return { type: 'report', level, text };
}

function release(leases: readonly HeldLease[], reason: Release['reason'], detail?: string): WorkerEffect {
  const leaseIds = leases.map((lease) => lease.leaseId);
  const message: Release = { type: 'release', leaseIds, reason };
  return { type: 'send', message: detail === undefined ? message : { ...message, detail: printableText(detail) } };
}

function contribution(lease: HeldLease, event: ComputeEvent & { readonly type: 'computed' }): WorkerEffect {
  const { leaseId, jobId, parametersSha256 } = lease;
  const { finite, payloadSha256, milliseconds } = event;
  const range = { leaseId, jobId, parametersSha256, ...stepsOf(lease) };
  const message = { type: 'contribution', ...range, finite, payloadSha256, computeMilliseconds: milliseconds } as const;
  return finite ? { type: 'send', message, payload: event.sums } : { type: 'send', message };
}
