// What is known of workers beyond their speed: whose sums are computed again, and who was caught.
//
// As BOINC does it: everything of a newcomer is computed again until enough of it was confirmed, then a part, drawn by lot. A worker that
// loses a dispute is out.

import type { Hello } from '../../protocol/index.js';
import type { RecheckOptions } from './options.js';
import type { Reputations } from './reputations.js';
import type { OpinionReason } from './second-opinion.js';
import type { Standing, WorkerRecord } from './workers.js';

/** Whom a run trusts, and how far. */
export class Trust {
  readonly #options: RecheckOptions;
  readonly #reputations: Reputations;
  /** Since when nobody could be asked for a second opinion. */
  #loneSince: number | undefined;

  constructor(options: RecheckOptions, reputations: Reputations) {
    this.#options = options;
    this.#reputations = reputations;
  }

  /** Whether nothing of a volunteer counts unconfirmed. */
  get isStrict(): boolean {
    return this.#options.fraction >= 1;
  }

  /** How a worker stands that joins. Ids are no secret: one that comes back from elsewhere begins anew. */
  standingOf(hello: Hello, place: string | undefined, now: number): Standing {
    const known = this.#reputations.take(hello.workerId);
    const agreements = known?.place === place ? (known?.agreements ?? 0) : 0;
    return { isVolunteer: this.#options.isVolunteer(hello), place, agreements, auditedAt: now };
  }

  /** Remembers a worker that has left. */
  remember({ hello, place, agreements }: WorkerRecord): void {
    this.#reputations.remember(hello.workerId, { place, agreements });
  }

  /** Why a finite sum of a worker needs a second opinion; undefined where it needs none. */
  doubtOf(worker: WorkerRecord, now: number): OpinionReason | undefined {
    const { fraction, provingCount, auditMilliseconds, chance } = this.#options;
    const isGpu = worker.hello.backend === 'webgpu';
    if (!worker.isVolunteer && !isGpu) return undefined;
    const isAuditDue = isGpu && now - worker.auditedAt >= auditMilliseconds;
    if (isAuditDue) worker.auditedAt = now;
    if (!worker.isVolunteer) return isAuditDue ? 'audit' : undefined;
    if (fraction <= 0) return undefined;
    return isAuditDue || worker.agreements < provingCount || chance() < fraction ? 'recheck' : undefined;
  }

  /** Whether this worker's word alone is not believed. */
  isDoubted(worker: WorkerRecord | undefined): boolean {
    return worker?.isVolunteer === true && this.#options.fraction > 0;
  }

  /** Notes whether someone could be asked for a second opinion; tells whether that was waited for long enough. */
  isTired(hasJurors: boolean, now: number): boolean {
    this.#loneSince = hasJurors ? undefined : (this.#loneSince ?? now);
    return this.#loneSince !== undefined && !this.isStrict && now - this.#loneSince >= this.#options.waitMilliseconds;
  }

  /** Whether much of a worker was confirmed already. */
  isProven({ isVolunteer, agreements }: WorkerRecord): boolean {
    return !isVolunteer || agreements >= this.#options.provingCount;
  }

  noteAgreement(worker: WorkerRecord, now: number): void {
    worker.agreements += 1;
    worker.auditedAt = now;
    worker.statistics.confirmedNodes += 1;
  }

  ban(workerId: string): void {
    this.#reputations.ban(workerId);
  }

  isBanned(workerId: string): boolean {
    return this.#reputations.isBanned(workerId);
  }
}
