// The seating plan of a study, over all small companies: it comes to rest, leaves nobody out for want of a move, and depends on order alone.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextMoves, runFor, type Company } from '../../coordinator/shell/study-seating.js';

type Plan = readonly Company<number>[];

/** More than ever come. */
const limit = 1024;

const plans = fc
  .array(fc.record({ isWary: fc.boolean(), owners: fc.nat({ max: 4 }), volunteers: fc.nat({ max: 5 }) }), {
    minLength: 1,
    maxLength: 7,
  })
  .map((companies): Plan => companies.map((company, run) => ({ run, limit, ...company })));

/** Runs that admit few workers, none of them more than it admits. */
const crampedPlans = fc
  .array(fc.record({ isWary: fc.boolean(), limit: fc.integer({ min: 1, max: 3 }), owners: fc.nat(3), volunteers: fc.nat(3) }), {
    minLength: 1,
    maxLength: 7,
  })
  .map((companies): Plan => {
    return companies.map(({ isWary, limit, owners, volunteers }, run) => {
      const theirs = Math.min(owners, limit);
      return { run, isWary, limit, owners: theirs, volunteers: Math.min(volunteers, limit - theirs) };
    });
  });

function moved(plan: Plan): Plan {
  return nextMoves(plan).reduce(
    (before, { from, to, standing }) =>
      before.map((company) => {
        const change = (company.run === to ? 1 : 0) - (company.run === from ? 1 : 0);
        return standing === 'owners'
          ? { ...company, owners: company.owners + change }
          : { ...company, volunteers: company.volunteers + change };
      }),
    plan,
  );
}

/** After all moves; on the way no run has more workers than it admits. */
function settled(plan: Plan): Plan {
  let now = plan;
  for (let round = 0; nextMoves(now).length > 0; round += 1) {
    if (round > 100) throw new Error(`no rest: ${JSON.stringify(plan)}`);
    now = moved(now);
    for (const { owners, volunteers, limit: most } of now) expect(owners + volunteers).toBeLessThanOrEqual(most);
  }
  return now;
}

const total = (plan: Plan, of: 'owners' | 'volunteers'): number => plan.reduce((sum, company) => sum + company[of], 0);
const isLonely = ({ isWary, owners, volunteers }: Company<number>): boolean => isWary && owners === 0 && volunteers === 1;

describe('nextMoves()', () => {
  it('comes to rest, and loses nobody', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const end = settled(plan);
        for (const of of ['owners', 'volunteers'] as const) expect(total(end, of)).toBe(total(plan, of));
        for (const { owners, volunteers } of end) expect(Math.min(owners, volunteers)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('leaves no volunteer unattended at a wary run while a worker of the owner is anywhere', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const end = settled(plan);
        if (total(end, 'owners') === 0) return;
        for (const { isWary, owners, volunteers } of end) if (isWary && owners === 0) expect(volunteers).toBe(0);
      }),
    );
  });

  it('leaves a volunteer alone only where no worker of the owner is, and no third volunteer', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const end = settled(plan);
        const lonely = end.filter(isLonely);
        expect(lonely.length).toBeLessThanOrEqual(1);
        if (lonely.length === 0) return;
        expect(total(end, 'owners')).toBe(0);
        for (const { isWary, volunteers } of end) expect(volunteers).toBeLessThanOrEqual(isWary ? 2 : 1);
      }),
    );
  });

  it('leaves a run without workers only where each of the others needs those that it has', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const end = settled(plan);
        const empty = end.filter(({ owners, volunteers }) => owners + volunteers === 0);
        if (empty.length === 0) return;
        for (const { owners } of end) expect(owners).toBeLessThanOrEqual(1);
        // Volunteers go to wary runs only where nobody of the owner's is in the study.
        if (total(end, 'owners') > 0 && empty[0]?.isWary !== false) return;
        const spare = end.reduce((sum, { isWary, owners, volunteers }) => {
          return sum + Math.max(0, volunteers - (owners > 0 ? 0 : isWary ? 2 : 1));
        }, 0);
        expect(spare).toBeLessThan(empty[0]?.isWary === true ? 2 : 1);
      }),
    );
  });

  it('comes to rest with no more workers at a run than it admits, and no run empty that an owner’s worker could be spared for', () => {
    fc.assert(
      fc.property(crampedPlans, (plan) => {
        const end = settled(plan);
        if (end.every(({ owners }) => owners <= 1)) return;
        for (const { owners, volunteers } of end) expect(owners + volunteers).toBeGreaterThan(0);
      }),
    );
  });

  it('opens no run for two volunteers that admits one', () => {
    const crowd = { run: 0, isWary: false, limit, owners: 0, volunteers: 3 };
    const empty = { run: 1, isWary: true, limit: 2, owners: 0, volunteers: 0 };
    expect(nextMoves([crowd, empty])).toHaveLength(2);
    expect(nextMoves([crowd, { ...empty, limit: 1 }])).toEqual([]);
  });

  it('moves nobody where all is well', () => {
    const plan = [
      { run: 0, isWary: true, limit, owners: 1, volunteers: 1 },
      ...[1, 2].map((run) => ({ run, isWary: true, limit, owners: 1, volunteers: 0 })),
    ];
    expect(nextMoves(plan)).toEqual([]);
  });
});

describe('runFor()', () => {
  it('sends the owner’s workers where fewest of them are, to a lonely volunteer first', () => {
    const plan = [
      { run: 0, isWary: true, limit, owners: 1, volunteers: 0 },
      { run: 1, isWary: true, limit, owners: 0, volunteers: 0 },
      { run: 2, isWary: true, limit, owners: 0, volunteers: 1 },
    ];
    expect(runFor('owners', plan)).toBe(2);
    expect(runFor('owners', plan.slice(0, 2))).toBe(1);
    expect(runFor('owners', [])).toBeUndefined();
  });

  it('sends nobody to a run that has as many as it admits', () => {
    const full = { run: 0, isWary: false, limit: 2, owners: 1, volunteers: 1 };
    for (const standing of ['owners', 'volunteer'] as const) {
      expect(runFor(standing, [full])).toBeUndefined();
      expect(runFor(standing, [full, { ...full, run: 1, limit: 3 }])).toBe(1);
    }
  });

  it('sends volunteers to the owner’s workers, where fewest volunteers are, then to a lonely one, and to a run without workers last', () => {
    const plan = [
      { run: 0, isWary: true, limit, owners: 0, volunteers: 0 },
      { run: 1, isWary: true, limit, owners: 1, volunteers: 1 },
      { run: 2, isWary: true, limit, owners: 2, volunteers: 0 },
      { run: 3, isWary: true, limit, owners: 0, volunteers: 1 },
    ];
    expect(runFor('volunteer', plan)).toBe(2);
    expect(runFor('volunteer', plan.slice(0, 2))).toBe(1);
    expect(runFor('volunteer', [...plan.slice(0, 1), ...plan.slice(3)])).toBe(3);
    expect(runFor('volunteer', plan.slice(0, 1))).toBe(0);
  });
});
