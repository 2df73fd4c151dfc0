// Whatever volunteers claim, in whatever order: where everything is confirmed, a job ends with the serial sum, and nobody honest is out.

import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { bytesOfFloats, type Lease } from '../../protocol/index.js';
import { answerTo, jobOf, nonFiniteAnswerTo, recheckOptions, ToyRun, toySum } from './toy-run.js';

const lies = ['zeros', 'negated', 'scaled', 'replayed', 'non-finite'] as const;
type Lie = (typeof lies)[number];

const moves = fc.array(
  fc.record({
    action: fc.constantFrom('answer', 'answer', 'answer', 'lie', 'lie', 'leave', 'join', 'lose', 'release', 'wait', 'sleep'),
    lie: fc.constantFrom(...lies),
    choice: fc.nat(10_000),
  }),
  { maxLength: 120 },
);

class World {
  readonly run: ToyRun;
  /** Connections that lie when they are told to; they share a place. */
  readonly #liars = new Set<number>();
  readonly #microbatchCount: number;
  #connection = 0;

  constructor(microbatchCount: number) {
    this.#microbatchCount = microbatchCount;
    this.run = new ToyRun({ recheck: recheckOptions({ fraction: 1 }) });
  }

  get connections(): readonly number[] {
    return [...this.run.leases.keys()];
  }

  get refusedHonest(): readonly number[] {
    return this.run.effects.flatMap((effect) =>
      effect.type === 'close' && effect.code !== 'normal' && !this.#liars.has(effect.connection) ? [effect.connection] : [],
    );
  }

  join(kind: 'owner' | 'volunteer' | 'liar'): void {
    const connection = ++this.#connection;
    if (kind === 'liar') this.#liars.add(connection);
    this.run.join(connection, kind === 'owner' ? {} : { kind: 'browser' }, kind === 'liar' ? 'den' : `place-${connection}`);
  }

  move({ action, lie, choice }: { readonly action: string; readonly lie: Lie; readonly choice: number }): void {
    const connection = this.connections[choice % Math.max(1, this.connections.length)];
    this.run.now += choice % 5;
    if (action === 'join' || connection === undefined) {
      if (this.connections.length < 7) this.join(choice % 3 === 0 ? 'owner' : choice % 3 === 1 ? 'volunteer' : 'liar');
      return;
    }
    if (action === 'leave') return this.run.leave(connection);
    if (action === 'wait' || action === 'sleep') return this.#tick(choice % (action === 'wait' ? 100 : 100_000));
    const lease = this.run.leases.get(connection)?.shift();
    if (lease === undefined || action === 'lose') return;
    if (action === 'release') {
      this.run.say(connection, { type: 'release', leaseIds: [lease.leaseId], reason: 'error' });
    } else if (action === 'lie' && this.#liars.has(connection)) {
      this.#lie(connection, lease, lie);
    } else {
      const { message, payload } = answerTo(lease);
      this.run.say(connection, message, payload);
    }
  }

  /** Two of the owner's, and everyone honest, answer until it is done. */
  finish(): void {
    this.join('owner');
    this.join('owner');
    for (let round = 0; this.run.results.length === 0; round += 1) {
      if (round > 5000) throw new Error('Cannot finish: the job stands still');
      for (const connection of this.connections) {
        while ((this.run.leases.get(connection)?.length ?? 0) > 0) this.run.answer(connection);
      }
      this.#tick(50);
    }
  }

  #lie(connection: number, lease: Lease, lie: Lie): void {
    if (lie === 'non-finite') {
      this.run.say(connection, nonFiniteAnswerTo(lease));
      return;
    }
    const honest = toySum(lease, lease.step);
    const other = (lease.begin + 1) % this.#microbatchCount;
    const sums = {
      zeros: () => honest.map(() => 0),
      negated: () => honest.map((value) => -value),
      scaled: () => honest.map((value) => 1.5 * value),
      replayed: () => toySum({ begin: other, end: other + 1 }, lease.step),
    }[lie]();
    const { message, payload } = answerTo(lease, sums);
    this.run.say(connection, message, payload);
  }

  #tick(milliseconds: number): void {
    this.run.now += milliseconds;
    this.run.do({ type: 'tick' });
  }
}

test.prop([fc.integer({ min: 1, max: 24 }), fc.integer({ min: 0, max: 3 }), moves], { numRuns: 600, seed: 27 })(
  'handle() gives the serial sum and refuses nobody honest when volunteers lie, leave and stall',
  (microbatchCount, liarCount, script) => {
    const world = new World(microbatchCount);
    for (let index = 0; index < liarCount; index += 1) world.join('liar');
    world.join('owner');
    world.join('volunteer');
    world.run.do({ type: 'jobRequested', job: jobOf(microbatchCount, 7) });
    for (const move of script) if (world.run.results.length === 0) world.move(move);
    if (world.run.results.length === 0) world.finish();
    const [result] = world.run.results;
    const expected = toySum({ begin: 0, end: microbatchCount }, 7);
    expect(bytesOfFloats(result?.outputs ?? new Float32Array(0))).toEqual(bytesOfFloats(expected));
    expect(world.refusedHonest).toEqual([]);
    expect(world.run.divergedStep).toBeUndefined();
  },
);
