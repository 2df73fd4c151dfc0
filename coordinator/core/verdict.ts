// What claims about one tree node mean together.
//
// Two that agree are enough. Where claims differ, the owner's workers decide, if there are any among those who spoke: volunteers cannot
// outvote them, however many there are. Among volunteers those from more places decide, and from as many places those who are more.
// As long as someone is within reach whose word could turn it, that one is asked first.

import { sidesOf, type Claim, type SecondOpinion } from './second-opinion.js';
import type { WorkerRecord } from './workers.js';

/** A node decided. */
export interface Verdict {
  /** Whose sum counts: the first exact one among those that agree. */
  readonly winner: Claim;
  readonly agreeing: readonly Claim[];
  /** Who claimed something else. */
  readonly losers: readonly Claim[];
}

/** What follows from the claims when these workers could still be asked; undefined as long as it is open. */
export function verdictOf(opinion: SecondOpinion, jurors: readonly WorkerRecord[], isStrict: boolean): Verdict | undefined {
  const sides = sidesOf(opinion.claims);
  const [first = [], ...others] = sides;
  if (others.length > 0) return verdictOfDispute(sides, jurors, isStrict);
  if (first.length >= 2 && isEnough(first, jurors, isStrict)) return decided(first, []);
  // Left over from a dispute, or nobody is there for an audit: a sum of the owner's is good enough.
  const isOwners = first.some(({ worker, sum }) => !worker.isVolunteer && sum !== undefined);
  return isOwners && jurors.length === 0 ? decided(first, []) : undefined;
}

/** Whether claims that agree are by someone trusted, or by people who are not the same. */
function isEnough(side: readonly Claim[], jurors: readonly WorkerRecord[], isStrict: boolean): boolean {
  const [places = 0] = weightOfVolunteers(side);
  if (places >= 2 || side.some(({ worker }) => !worker.isVolunteer)) return true;
  return !isStrict && !jurors.some((worker) => isNewVoice(worker, [side]));
}

function verdictOfDispute(
  sides: readonly (readonly Claim[])[],
  jurors: readonly WorkerRecord[],
  isStrict: boolean,
): Verdict | undefined {
  const owners = sides.flat().some(({ worker }) => !worker.isVolunteer);
  const weights = sides.map((side) => (owners ? weightOfOwners(side) : weightOfVolunteers(side)));
  const order = sides.map((_, index) => index).toSorted((a, b) => compare(weights[b], weights[a]));
  const [best = 0, second = 0] = order;
  if (compare(weights[best], weights[second]) <= 0) return undefined;
  const leading = sides[best] ?? [];
  // One flag against a sum never ends a run.
  if (leading[0]?.sum === undefined && leading.length < 2) return undefined;
  const [votes = 0, count = 0] = weights[best] ?? [];
  const isOpen = owners
    ? votes < 2 && jurors.some((worker) => !worker.isVolunteer) && !isRefutation(sides, best)
    : votes < 2 && (isStrict || count < 2 || jurors.some((worker) => isNewVoice(worker, sides)));
  if (isOpen) return undefined;
  const losers = sides.flatMap((side, index) => (index === best ? [] : side));
  return decided(leading, losers);
}

/** A finite sum of the owner's refutes those who found none: whoever computes to the contract finds either. */
function isRefutation(sides: readonly (readonly Claim[])[], best: number): boolean {
  return sides.every((side, index) => (side[0]?.sum === undefined) === (index !== best));
}

/** The owner's workers; a finite sum before a flag; processors before GPUs, whose drivers err more; then everyone. */
function weightOfOwners(side: readonly Claim[]): readonly number[] {
  const owners = side.filter(({ worker }) => !worker.isVolunteer);
  const processors = owners.filter(({ worker }) => worker.hello.backend !== 'webgpu').length;
  return [owners.length, owners.length > 0 && side[0]?.sum !== undefined ? 1 : 0, processors, side.length];
}

/** Places, then heads. */
function weightOfVolunteers(side: readonly Claim[]): readonly number[] {
  return [new Set(side.map(({ worker }) => worker.place)).size, side.length];
}

function isNewVoice(worker: WorkerRecord, sides: readonly (readonly Claim[])[]): boolean {
  return !worker.isVolunteer || sides.every((side) => side.every((claim) => claim.worker.place !== worker.place));
}

function compare(a: readonly number[] = [], b: readonly number[] = []): number {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index < 0 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}

function decided(side: readonly Claim[], losers: readonly Claim[]): Verdict | undefined {
  const winner = side.find(({ worker }) => worker.hello.arithmetic === 'exact') ?? side[0];
  return winner === undefined ? undefined : { winner, agreeing: side, losers };
}
