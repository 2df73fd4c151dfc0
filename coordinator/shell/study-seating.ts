// Which run of a study gets which worker. Nothing here knows connections: numbers of workers in, moves out.
//
// The owner's workers spread evenly. Volunteers' sums are computed again by others (coordination.recheck), so at a run that does that they
// sit beside a worker of the owner, if there is any in the whole study; otherwise together, in twos at least. No run is given more workers
// than it admits (coordination.maximumWorkers); whoever finds no place waits for one.

/** Whose a worker is. */
export type Standing = 'owners' | 'volunteer';

/** The workers of one run. */
export interface Company<R> {
  readonly run: R;
  /** Whether what volunteers contribute is computed again. */
  readonly isWary: boolean;
  /** Workers that the run admits. */
  readonly limit: number;
  readonly owners: number;
  readonly volunteers: number;
}

/** Workers that go from one run to another. */
export interface SeatMove<R> {
  readonly from: R;
  readonly to: R;
  readonly standing: Standing;
}

type Companies<R> = readonly Company<R>[];

/** Whether the one who is there has nobody who could confirm its sums. */
const isLonely = <R>({ isWary, owners, volunteers }: Company<R>): boolean => isWary && owners === 0 && volunteers === 1;
const isEmpty = <R>({ owners, volunteers }: Company<R>): boolean => owners + volunteers === 0;
const hasRoom = <R>({ owners, volunteers, limit }: Company<R>): boolean => owners + volunteers < limit;

/** The run that a worker who comes goes to; of several alike the first. Undefined where there is none with room. */
export function runFor<R>(standing: Standing, companies: Companies<R>): R | undefined {
  const rank = standing === 'owners' ? rankForOwners : rankForVolunteer;
  return leastBy(companies.filter(hasRoom), rank)?.run;
}

/** Whom to move next, so that no run is without workers and no volunteer without company for want of a move; none: all is well. */
export function nextMoves<R>(companies: Companies<R>): readonly SeatMove<R>[] {
  const hasOwners = companies.some(({ owners }) => owners > 0);
  const isExposed = hasOwners ? isUnattended : isLonely;
  for (const exposed of companies.filter((company) => isExposed(company))) {
    const comfort = movesForExposed(exposed, companies);
    if (comfort.length > 0) return comfort;
  }
  const empty = companies.find(isEmpty);
  return empty === undefined ? [] : movesInto(empty, companies);
}

/** Whether volunteers are there whom nobody of the owner's looks at. */
const isUnattended = <R>({ isWary, owners, volunteers }: Company<R>): boolean => isWary && owners === 0 && volunteers > 0;

function movesForExposed<R>(exposed: Company<R>, companies: Companies<R>): readonly SeatMove<R>[] {
  const others = companies.filter((company) => company !== exposed);
  const host = leastBy(
    others.filter((company) => company.owners > 0 && hasRoom(company)),
    rankForVolunteer,
  );
  if (host !== undefined) return [{ from: exposed.run, to: host.run, standing: 'volunteer' }];
  if (!isLonely(exposed) || !hasRoom(exposed)) return [];
  const guest = others.find(isLonely) ?? others.find((company) => company.owners === 0 && spareVolunteers(company) > 0);
  return guest === undefined ? [] : [{ from: guest.run, to: exposed.run, standing: 'volunteer' }];
}

function movesInto<R>(empty: Company<R>, companies: Companies<R>): readonly SeatMove<R>[] {
  const crowded = leastBy(companies, ({ owners }) => [-owners]);
  if (crowded !== undefined && crowded.owners > 1) return [{ from: crowded.run, to: empty.run, standing: 'owners' }];
  if (empty.isWary && (crowded?.owners ?? 0) > 0) return [];
  const wanted = empty.isWary ? 2 : 1;
  if (empty.limit < wanted) return [];
  const spare = companies.flatMap((company) => Array.from({ length: spareVolunteers(company) }, () => company.run));
  if (spare.length < wanted) return [];
  return spare.slice(0, wanted).map((from) => ({ from, to: empty.run, standing: 'volunteer' }));
}

/** How many volunteers may go without leaving the run, or one of them, alone. */
function spareVolunteers<R>({ isWary, owners, volunteers }: Company<R>): number {
  const staying = owners > 0 ? 0 : isWary ? 2 : 1;
  return Math.max(0, volunteers - staying);
}

type Rank = readonly number[];

/** Where fewest are; volunteers whom nobody looks at first. */
const rankForOwners = <R>(company: Company<R>): Rank => [company.owners, isUnattended(company) ? 0 : 1, company.volunteers];

/** At a wary run the owner's workers are the best company, then someone who is alone; an empty one is the last resort. */
function rankForVolunteer<R>(company: Company<R>): Rank {
  const { isWary, owners, volunteers } = company;
  const kind = !isWary ? (isEmpty(company) ? 0 : 1) : owners > 0 ? 1 : isLonely(company) ? 2 : isEmpty(company) ? 4 : 3;
  return [kind, volunteers, owners];
}

/** The first of the elements whose rank is lowest, compared number by number. */
function leastBy<R>(companies: Companies<R>, rank: (company: Company<R>) => Rank): Company<R> | undefined {
  let [least, lowest]: [Company<R> | undefined, Rank] = [undefined, []];
  for (const company of companies) {
    const own = rank(company);
    const at = own.findIndex((value, index) => value !== lowest[index]);
    if (least !== undefined && (at < 0 || (own[at] ?? 0) > (lowest[at] ?? 0))) continue;
    [least, lowest] = [company, own];
  }
  return least;
}
