// What claims about a node mean together: agreement, disputes, and who could still turn them.

import { expect, test } from 'vitest';
import type { SecondOpinion } from '../../coordinator/core/second-opinion.js';
import { verdictOf } from '../../coordinator/core/verdict.js';
import { Workers, type WorkerRecord } from '../../coordinator/core/workers.js';
import { helloFrom } from './toy-run.js';

const workers = new Workers();
let connection = 0;

/** A worker written as kind and place: `owner`, `gpu` (the owner's), or a volunteer's place. */
function worker(who: string): WorkerRecord {
  connection += 1;
  const isVolunteer = who !== 'owner' && who !== 'gpu';
  const hello = helloFrom(`${who}-${connection}`, { backend: who === 'gpu' ? 'webgpu' : 'wasm' });
  return workers.add(connection, hello, { isVolunteer, place: isVolunteer ? who : 'house', agreements: 0, auditedAt: 0 });
}

/** Claims written as `who:sum`; the sum x, y or z, or ∞. */
function opinionOf(claims: string, reason: SecondOpinion['reason'] = 'recheck'): SecondOpinion {
  const said = claims.split(' ').map((text) => {
    const [who = '', sum = ''] = text.split(':');
    return { worker: worker(who), sum: sum === '∞' ? undefined : new Float32Array(1), sha256: sum };
  });
  return { node: { begin: 0, end: 1 }, reason, claims: said, leaseId: undefined, seenCount: 0, isTold: false };
}

const none: readonly string[] = [];

test.each([
  // Agreement.
  ['A:x', none, 'open'],
  ['A:x B:x', none, 'x'],
  ['A:x owner:x', none, 'x'],
  ['A:x A:x', none, 'x'],
  ['A:x A:x', ['A'], 'x'],
  ['A:x A:x', ['B'], 'open'],
  ['A:x A:x', ['owner'], 'open'],
  ['A:∞ B:∞', none, '∞'],
  // The owner's word alone, left over from a dispute.
  ['owner:x', none, 'x'],
  ['owner:x', ['B'], 'open'],
  ['owner:∞', none, 'open'],
  // Among volunteers: places, then heads.
  ['A:x B:y', none, 'open'],
  ['A:x B:y C:x', none, 'x'],
  ['A:x A:x B:y', none, 'x'],
  ['A:x A:x B:y', ['C'], 'open'],
  ['A:x A:x B:y', ['A'], 'x'],
  ['A:x A:x B:y C:y', none, 'y'],
  ['A:x B:y C:z', none, 'open'],
  // The owner's workers outrank them.
  ['A:x owner:y', none, 'y'],
  ['A:x B:x C:x owner:y', none, 'y'],
  ['A:x owner:y', ['owner'], 'open'],
  ['A:x owner:y owner:y', ['owner'], 'y'],
  ['A:x owner:y owner:x', none, 'x'],
  ['owner:x owner:y', none, 'open'],
  ['gpu:x owner:y', none, 'y'],
  ['gpu:x owner:y', ['owner'], 'open'],
  // Sums that are not finite.
  ['owner:∞ owner:x', ['owner'], 'x'],
  ['A:∞ owner:x', none, 'x'],
  ['owner:∞ A:x', none, 'open'],
  ['owner:∞ A:x owner:∞', none, '∞'],
] as const)('verdictOf() of %s with %j to ask is %s', (claims, jurors, wanted) => {
  const found = verdictOf(opinionOf(claims), jurors.map(worker), false);
  expect(found?.winner.sha256 ?? 'open').toBe(wanted);
  if (found === undefined) return;
  expect(found.losers.every(({ sha256 }) => sha256 !== wanted)).toBe(true);
  expect(found.losers.length + found.agreeing.length).toBe(claims.split(' ').length);
});

test.each([
  ['A:x A:x', 'open'],
  ['A:x B:x', 'x'],
  ['A:x A:x B:y', 'open'],
  ['A:x owner:x', 'x'],
  ['A:x B:y C:y', 'y'],
] as const)('verdictOf() of %s where everything is to be confirmed is %s', (claims, wanted) => {
  expect(verdictOf(opinionOf(claims), [], true)?.winner.sha256 ?? 'open').toBe(wanted);
});
