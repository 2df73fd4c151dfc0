// Who is asked for a second opinion. Never someone who has spoken or was asked already.
//
//   a sum that nobody contradicts   a worker at another place, if there is one
//   an audit                        the owner's, with another kind of device
//   a dispute                       the owner's, if there are any; then someone at a place from which nobody has spoken
//
// Of those: the owner's first, then who has proven itself, then another kind of device, then who has least to do.

import { sidesOf, hasClaimed, type SecondOpinion } from './second-opinion.js';
import type { Trust } from './trust.js';
import { isAvailable, type LeaseRecord, type WorkerRecord } from './workers.js';

/** Whether a worker can be counted on: it answers, and its leases do not fail. */
const isPresent = ({ draining, silenceCount, failureCount }: WorkerRecord): boolean =>
  !draining && silenceCount === 0 && failureCount === 0;

/** Those whose word is wanted most, of the workers who can be counted on and have not spoken; some are at it already. */
export function jurorsFor(opinion: SecondOpinion, workers: readonly WorkerRecord[], trust: Trust): readonly WorkerRecord[] {
  const present = workers.filter(
    (worker) => isPresent(worker) && !hasClaimed(opinion, worker) && leaseOn(opinion, worker)?.state !== 'expired',
  );
  return narrow(opinion, present, trust);
}

/** Whom to ask now; undefined where nobody has room. Where `jurors` are missing, anyone who is there at all. */
export function chooseJuror(
  opinion: SecondOpinion,
  {
    jurors,
    workers,
    trust,
  }: {
    readonly jurors: readonly WorkerRecord[];
    readonly workers: readonly WorkerRecord[];
    readonly trust: Trust;
  },
  { now, queueDepth }: { readonly now: number; readonly queueDepth: number },
): WorkerRecord | undefined {
  const others = (): readonly WorkerRecord[] => workers.filter((worker) => !hasClaimed(opinion, worker));
  const wanted = jurors.length > 0 ? jurors : narrow(opinion, others(), trust);
  const device = opinion.claims[0]?.worker.hello.backend;
  const rank = (worker: WorkerRecord): number =>
    (worker.isVolunteer ? 16 : 0) + (trust.isProven(worker) ? 0 : 8) + (worker.hello.backend === device ? 4 : 0);
  let chosen: WorkerRecord | undefined;
  for (const worker of wanted) {
    if (!isAvailable(worker, now) || worker.queue.length >= queueDepth || leaseOn(opinion, worker) !== undefined) continue;
    if (chosen === undefined || rank(worker) + worker.queue.length < rank(chosen) + chosen.queue.length) chosen = worker;
  }
  return chosen;
}

/** The lease with which a worker was asked for the node. */
function leaseOn({ node: { begin, end } }: SecondOpinion, worker: WorkerRecord): LeaseRecord | undefined {
  return worker.queue.find(({ node }) => node.begin === begin && node.end === end);
}

function narrow(opinion: SecondOpinion, workers: readonly WorkerRecord[], trust: Trust): readonly WorkerRecord[] {
  const owners = (worker: WorkerRecord): boolean => !worker.isVolunteer;
  const elsewhere = (worker: WorkerRecord): boolean => opinion.claims.every((claim) => claim.worker.place !== worker.place);
  if (opinion.reason === 'audit') return workers.filter((worker) => owners(worker) && worker.hello.backend !== 'webgpu');
  const isDispute = sidesOf(opinion.claims).length > 1;
  const preferred = (isDispute ? firstOf(workers, owners) : undefined) ?? firstOf(workers, elsewhere);
  // Where everything is to be confirmed, someone at the same place, who may be the same person, confirms nothing.
  return preferred ?? (trust.isStrict ? workers.filter(owners) : workers);
}

function firstOf(
  workers: readonly WorkerRecord[],
  isWanted: (worker: WorkerRecord) => boolean,
): readonly WorkerRecord[] | undefined {
  const found = workers.filter(isWanted);
  return found.length > 0 ? found : undefined;
}
