// How nodes with open questions come to an end: what the claims say together, who is asked next where that is not enough, and what
// happens to a worker that others refute.

import type { TreeNode } from '../../tensor/index.js';
import type { Refusal } from './admission.js';
import type { ConnectionId } from './events.js';
import type { Job } from './job.js';
import { chooseJuror, jurorsFor } from './jury.js';
import type { SchedulingOptions } from './options.js';
import type { Outbox } from './outbox.js';
import { ratesOf, remainingMilliseconds } from './rates.js';
import { sizeOf } from './reduction.js';
import { hasClaimed, sidesOf, type Claim, type SecondOpinion } from './second-opinion.js';
import type { Trust } from './trust.js';
import { verdictOf, type Verdict } from './verdict.js';
import { isAvailable, type WorkerRecord, type Workers } from './workers.js';

/** Whom a court judges, and how. */
export interface CourtSurroundings {
  readonly workers: Workers;
  readonly trust: Trust;
  readonly outbox: Outbox;
  /** Ends a connection, with its worker's leases. */
  readonly refuse: (connection: ConnectionId, refusal: Refusal) => void;
}

/** What the job's owner does for the court. */
export interface Hands {
  readonly now: number;
  readonly scheduling: SchedulingOptions;
  /** Whether the job is still at hand. */
  readonly isOpen: () => boolean;
  /** Asks a worker for a node again. */
  readonly ask: (worker: WorkerRecord, opinion: SecondOpinion) => void;
  /** Makes a sum a part of the job's. */
  readonly add: (node: TreeNode, claim: Claim) => void;
  readonly diverge: () => void;
}

/** Decides about nodes of which one word is not enough. */
export class Court {
  readonly #surroundings: CourtSurroundings;
  /** Whether people know that sums count unconfirmed, because nobody is there to confirm them. */
  #isBeliefTold = false;

  constructor(surroundings: CourtSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Decides what can be decided and asks whom that takes; whoever is asked has a lease before the next one is chosen. */
  deliberate(job: Job, hands: Hands): void {
    // What is decided may decide others: a worker that is out takes its claims with it.
    while (hands.isOpen() && this.#closeOne(job, hands));
  }

  #closeOne(job: Job, hands: Hands): boolean {
    const workers = [...this.#surroundings.workers];
    let roomCount = 0;
    for (const worker of workers) {
      if (isAvailable(worker, hands.now)) roomCount += Math.max(0, hands.scheduling.queueDepth - worker.queue.length);
    }
    const isUnanswered = ({ leaseId }: SecondOpinion): boolean => leaseId === undefined;
    return job.opinions.some((opinion) => {
      // Where nobody has room, only what is new can change anything.
      const isNew = opinion.seenCount !== opinion.claims.length;
      if (!isUnanswered(opinion) || (roomCount <= 0 && !isNew)) return false;
      opinion.seenCount = opinion.claims.length;
      if (this.#close(job, opinion, { workers, hands })) return true;
      if (!isUnanswered(opinion)) roomCount -= 1;
      return false;
    });
  }

  /** A worker that others refute is out, with all that it has contributed to the job. */
  convict(job: Job, { worker, sum }: Claim, { begin, end }: TreeNode): void {
    const { trust, workers, outbox, refuse } = this.#surroundings;
    const { workerId, workerName } = worker.hello;
    const range = `[${begin}, ${end})`;
    const found =
      sum === undefined
        ? `${range} reported as not finite, but others found a finite sum`
        : `a sum of ${range} in step ${job.request.step} found that other workers do not find`;
    const message = `Cannot trust worker: ${found}`;
    const { committedNodes } = worker.statistics;
    const advice =
      committedNodes === 0 ? '' : `; ${committedNodes} tree nodes of it count already: starling verify looks at them`;
    outbox.log('warning', `Worker ${workerName} is refused: ${message}${advice}`);
    trust.ban(workerId);
    job.discard(workerId);
    const connected = workers.withId(workerId);
    if (connected !== undefined) refuse(connected.connection, { code: 'wrong-bits', message });
  }

  /** Whether a question is closed now; where it is not, the next worker is asked. */
  #close(
    job: Job,
    opinion: SecondOpinion,
    { workers, hands }: { readonly workers: readonly WorkerRecord[]; readonly hands: Hands },
  ): boolean {
    const { trust } = this.#surroundings;
    const jurors = jurorsFor(opinion, workers, trust);
    const verdict = verdictOf(opinion, jurors, trust.isStrict);
    if (verdict !== undefined) {
      this.#decide(job, opinion, { verdict, hands });
      return true;
    }
    const isDisputed = sidesOf(opinion.claims).length > 1;
    const [first] = opinion.claims;
    const isTired = !isDisputed && trust.isTired(jurors.length > 0, hands.now);
    if (isTired && first?.sum !== undefined) {
      this.#believe(job, opinion, { only: first, hands });
      return true;
    }
    const { now, scheduling } = hands;
    const chosen =
      chooseJuror(opinion, { jurors, workers, trust }, { now, queueDepth: scheduling.queueDepth }) ??
      (jurors.length > 0
        ? undefined
        : reporterOf(opinion, { workers, now, mayBeVolunteer: isTired || !trust.isDoubted(first?.worker) }));
    if (chosen !== undefined) hands.ask(chosen, opinion);
    else if (isDisputed && jurors.length === 0) this.#tell(job, opinion);
    return false;
  }

  #decide(job: Job, opinion: SecondOpinion, { verdict, hands }: { readonly verdict: Verdict; readonly hands: Hands }): void {
    const { winner, agreeing, losers } = verdict;
    job.close(opinion);
    for (const loser of losers) this.convict(job, loser, opinion.node);
    if (agreeing.length > 1) {
      for (const { worker } of agreeing) this.#surroundings.trust.noteAgreement(worker, hands.now);
      this.#isBeliefTold = false;
    }
    if (winner.sum === undefined) hands.diverge();
    else hands.add(opinion.node, winner);
  }

  /** Lets a claim count without a second one: nobody else is there. */
  #believe(job: Job, opinion: SecondOpinion, { only, hands }: { readonly only: Claim; readonly hands: Hands }): void {
    job.close(opinion);
    const { hello, statistics } = only.worker;
    statistics.uncheckedNodes += 1;
    if (!this.#isBeliefTold) {
      const text = `Sums of worker ${hello.workerName} count unconfirmed: no other worker is there to compute them again`;
      this.#surroundings.outbox.log('warning', text);
    }
    this.#isBeliefTold = true;
    hands.add(opinion.node, only);
  }

  #tell({ request }: Job, opinion: SecondOpinion): void {
    if (opinion.isTold) return;
    opinion.isTold = true;
    const names = opinion.claims.map(({ worker }) => worker.hello.workerName).join(', ');
    const { begin, end } = opinion.node;
    const text = `Workers ${names} found different sums of [${begin}, ${end}) in step ${request.step}: the run waits for another one`;
    this.#surroundings.outbox.log('warning', text);
  }
}

/** Where nobody else is there, the reporter of a sum that is not finite has to confirm itself; undefined where it may not. */
function reporterOf(
  opinion: SecondOpinion,
  {
    workers,
    now,
    mayBeVolunteer,
  }: { readonly workers: readonly WorkerRecord[]; readonly now: number; readonly mayBeVolunteer: boolean },
): WorkerRecord | undefined {
  const [first, ...others] = sidesOf(opinion.claims);
  const reports = [first, ...others].find((side) => side?.[0]?.sum === undefined) ?? [];
  // Volunteers that contradict the owner do not keep a run from its end.
  const mayConfirm = ({ isVolunteer }: WorkerRecord): boolean => !isVolunteer || (others.length === 0 && mayBeVolunteer);
  const available = workers.filter((worker) => isAvailable(worker, now));
  const isReporter = ({ hello }: WorkerRecord): boolean => reports.some(({ worker }) => worker.hello.workerId === hello.workerId);
  if (available.some((worker) => !hasClaimed(opinion, worker))) return undefined;
  return available.find((worker) => isReporter(worker) && mayConfirm(worker));
}

/** Reopens questions whose answer takes long where idle workers would have it clearly sooner. */
export function backOpinions(
  job: Job,
  { workers, trust }: Pick<CourtSurroundings, 'workers' | 'trust'>,
  { now, scheduling }: Pick<Hands, 'now' | 'scheduling'>,
): void {
  const all = [...workers];
  if (all.every((worker) => worker.queue.length > 0)) return;
  for (const opinion of job.opinions) {
    const lease = opinion.leaseId === undefined ? undefined : job.leases.get(opinion.leaseId);
    if (lease?.state !== 'exclusive') continue;
    const isIdle = (worker: WorkerRecord): boolean => worker.queue.length === 0 && isAvailable(worker, now);
    const idle = jurorsFor(opinion, all, trust).filter(isIdle);
    if (idle.length === 0) continue;
    const rates = ratesOf(idle, job.paceKey);
    const again = rates.measured ? (sizeOf(opinion.node) * idle.length) / rates.total : 0;
    const remaining = remainingMilliseconds(lease, job.paceKey, now);
    if (remaining > again * 1.25 + scheduling.backupMarginMilliseconds) job.share(lease, 'backed');
  }
}
