// The workers of a run: who is connected, what each holds, how fast and how reliable it has been.

import type { Arithmetic, Hello } from '../../protocol/index.js';
import type { TreeNode } from '../../tensor/index.js';
import type { ConnectionId } from './events.js';
import { Pace } from './pace.js';

/** What a worker has done for the run; kept over its reconnects. */
export interface WorkerStatistics {
  readonly workerId: string;
  name: string;
  /** Its class when it joined last. */
  arithmetic: Arithmetic;
  /** Tree nodes that went into finished jobs, and the microbatches below them. */
  committedNodes: number;
  microbatches: number;
  /** Those of them whose bits are not the contract's. */
  tolerantNodes: number;
  /** Its sums that another worker has computed too and found alike. */
  confirmedNodes: number;
  /** Its sums that were to be computed again and counted without, because nobody else was there. */
  uncheckedNodes: number;
  /** Leases that were taken from it and given out again. */
  reissuedLeases: number;
  /** Results that came too late, twice, or for what others had done. */
  droppedContributions: number;
  /** Milliseconds of its own clock that contributions took which came in time, from task to result, however many threads were at work. */
  computeMilliseconds: number;
}

/** A tree node that a worker has been asked for. */
export interface LeaseRecord {
  readonly leaseId: number;
  readonly worker: WorkerRecord;
  readonly node: TreeNode;
  /** Microbatches that it takes: those below the node, in a segment those of all its steps. */
  readonly size: number;
  /** exclusive: nobody else computes it; backed: idle workers may; expired: its deadline has passed as well. */
  state: 'exclusive' | 'backed' | 'expired';
  /** When the worker can have begun with it; undefined behind another lease. */
  startedAt: number | undefined;
  deadline: number;
}

/** A connected worker that has been welcomed. */
export interface WorkerRecord {
  readonly connection: ConnectionId;
  readonly hello: Hello;
  readonly statistics: WorkerStatistics;
  /** Whether it is not the owner's. */
  readonly isVolunteer: boolean;
  /** Where its connection comes from; in memory only. */
  readonly place: string | undefined;
  /** Its sums that others have confirmed, in a row. */
  agreements: number;
  /** When it last had to show that its bits are those of others, or did. */
  auditedAt: number;
  /** Leases in the order in which it was given them. */
  readonly queue: LeaseRecord[];
  /** By what jobs have in common that take a worker the same time for each microbatch: their program, and their way. */
  readonly paces: Map<string, Pace>;
  draining: boolean;
  /** When its last message came. */
  heardAt: number;
  /** It gets no new lease before this time, unless it is heard from. */
  silentUntil: number;
  silenceCount: number;
  /** It gets no new lease before this time, because its own leases failed. */
  restUntil: number;
  failureCount: number;
}

/** What is thought of a worker when it joins. */
export type Standing = Pick<WorkerRecord, 'isVolunteer' | 'place' | 'agreements' | 'auditedAt'>;

/** Whether a worker may be given leases. */
export function isAvailable(worker: WorkerRecord, now: number): boolean {
  return !worker.draining && worker.silentUntil <= now && worker.restUntil <= now;
}

/** The measured speeds of a worker in jobs of one kind. */
export function paceOf(worker: WorkerRecord, paceKey: string): Pace {
  let pace = worker.paces.get(paceKey);
  if (pace === undefined) worker.paces.set(paceKey, (pace = new Pace()));
  return pace;
}

/** Workers that have left and are remembered one by one; those before them are remembered together. */
const departedLimit = 10_000;

/** Everyone who has joined. */
export class Workers {
  readonly #byConnection = new Map<ConnectionId, WorkerRecord>();
  readonly #statistics = new Map<string, WorkerStatistics>();
  /** Ids of workers that have left, the first one first. */
  readonly #departed = new Set<string>();
  #forgotten: WorkerStatistics | undefined;

  get count(): number {
    return this.#byConnection.size;
  }

  get connections(): readonly ConnectionId[] {
    return [...this.#byConnection.keys()];
  }

  [Symbol.iterator](): IterableIterator<WorkerRecord> {
    return this.#byConnection.values();
  }

  /** What each worker has done, also of those that have left; of very many the first ones together. */
  get statistics(): Iterable<WorkerStatistics> {
    return this.#forgotten === undefined ? this.#statistics.values() : [...this.#statistics.values(), this.#forgotten];
  }

  get(connection: ConnectionId): WorkerRecord | undefined {
    return this.#byConnection.get(connection);
  }

  withId(workerId: string): WorkerRecord | undefined {
    for (const worker of this.#byConnection.values()) if (worker.hello.workerId === workerId) return worker;
    return undefined;
  }

  statisticsOf(workerId: string): WorkerStatistics | undefined {
    return this.#statistics.get(workerId) ?? this.#forgotten;
  }

  add(connection: ConnectionId, hello: Hello, standing: Standing): WorkerRecord {
    const worker: WorkerRecord = {
      connection,
      hello,
      ...standing,
      statistics: this.#statisticsFor(hello),
      queue: [],
      paces: new Map(),
      draining: false,
      heardAt: -Infinity,
      silentUntil: -Infinity,
      silenceCount: 0,
      restUntil: -Infinity,
      failureCount: 0,
    };
    this.#byConnection.set(connection, worker);
    this.#departed.delete(hello.workerId);
    return worker;
  }

  remove(worker: WorkerRecord): void {
    this.#byConnection.delete(worker.connection);
    this.#departed.add(worker.hello.workerId);
    if (this.#departed.size > departedLimit) this.#forgetFirst();
  }

  #forgetFirst(): void {
    const [workerId = ''] = this.#departed;
    const first = this.#statistics.get(workerId);
    this.#departed.delete(workerId);
    this.#statistics.delete(workerId);
    this.#forgotten ??= newStatistics('', 'others', 'exact');
    if (first?.arithmetic === 'tolerant') this.#forgotten.arithmetic = 'tolerant';
    for (const count of countNames) this.#forgotten[count] += first?.[count] ?? 0;
  }

  #statisticsFor(hello: Hello): WorkerStatistics {
    const known = this.#statistics.get(hello.workerId);
    if (known !== undefined) {
      known.name = hello.workerName;
      known.arithmetic = hello.arithmetic;
      return known;
    }
    const statistics = newStatistics(hello.workerId, hello.workerName, hello.arithmetic);
    this.#statistics.set(hello.workerId, statistics);
    return statistics;
  }
}

const countNames = [
  ...(['committedNodes', 'microbatches', 'tolerantNodes', 'confirmedNodes', 'uncheckedNodes'] as const),
  ...(['reissuedLeases', 'droppedContributions', 'computeMilliseconds'] as const),
] as const;

function newStatistics(workerId: string, name: string, arithmetic: Arithmetic): WorkerStatistics {
  return {
    ...{ workerId, name, arithmetic, committedNodes: 0, microbatches: 0, tolerantNodes: 0 },
    ...{ confirmedNodes: 0, uncheckedNodes: 0, reissuedLeases: 0, droppedContributions: 0, computeMilliseconds: 0 },
  };
}
