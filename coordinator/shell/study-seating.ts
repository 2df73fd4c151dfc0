// Which run of a study gets which worker. Nothing here knows connections: numbers of workers in, moves out.
//
// The owner's workers spread evenly. Volunteers' sums are computed again by others (coordination.recheck), so at a run that does that none
// of them sits alone where company is to be had: they go where somebody is, or come in twos to a run that has nobody.

/** Whose a worker is. */
export type Standing = 'owners' | 'volunteer';

/** The workers of one run. */
export interface Company<R> {
  readonly run: R;
  /** Whether what volunteers contribute is computed again. */
  readonly isWary: boolean;
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

/** The run that a worker who comes goes to; of several alike the first. Undefined where there is none. */
export function runFor<R>(standing: Standing, companies: Companies<R>): R | undefined {
  const rank = standing === 'owners' ? rankForOwners : rankForVolunteer;
  return leastBy(companies, rank)?.run;
}

/** Whom to move next, so that no run is without workers and no volunteer without company for want of a move; none: all is well. */
export function nextMoves<R>(companies: Companies<R>): readonly SeatMove<R>[] {
  const lonely = companies.find(isLonely);
  const comfort = lonely === undefined ? [] : movesForLonely(lonely, companies);
  if (comfort.length > 0) return comfort;
  const empty = companies.find(isEmpty);
  return empty === undefined ? [] : movesInto(empty, companies);
}

function movesForLonely<R>(lonely: Company<R>, companies: Companies<R>): readonly SeatMove<R>[] {
  const others = companies.filter((company) => company !== lonely);
  const guest = others.find(isLonely) ?? others.find((company) => spareVolunteers(company) > 0);
  if (guest !== undefined) return [{ from: guest.run, to: lonely.run, standing: 'volunteer' }];
  const host = leastBy(
    others.filter(({ owners }) => owners > 0),
    rankForVolunteer,
  );
  return host === undefined ? [] : [{ from: lonely.run, to: host.run, standing: 'volunteer' }];
}

function movesInto<R>(empty: Company<R>, companies: Companies<R>): readonly SeatMove<R>[] {
  const crowded = leastBy(companies, ({ owners }) => [-owners]);
  if (crowded !== undefined && crowded.owners > 1) return [{ from: crowded.run, to: empty.run, standing: 'owners' }];
  const wanted = empty.isWary ? 2 : 1;
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

/** Whoever sits alone first; then where fewest are. */
const rankForOwners = <R>(company: Company<R>): Rank => [company.owners, isLonely(company) ? 0 : 1, company.volunteers];

function rankForVolunteer<R>(company: Company<R>): Rank {
  const { isWary, owners, volunteers } = company;
  const kind = isEmpty(company) ? (isWary ? 2 : 0) : isLonely(company) ? 0 : 1;
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
