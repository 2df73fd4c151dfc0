// Order of arrival is invisible: whatever workers, network and clock do, the root is the serial tree's sum, bit for bit.

import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { bytesOfFloats, type Lease } from '../../protocol/index.js';
import { answerTo, jobOf, ToyRun, toySum } from './toy-run.js';

const actions = ['answer', 'answer', 'answer', 'duplicate', 'lose', 'leave', 'join', 'release', 'wait', 'sleep'] as const;
type Action = (typeof actions)[number];

interface Move {
  readonly action: Action;
  readonly choice: number;
}

const moves = fc.array(fc.record({ action: fc.constantFrom(...actions), choice: fc.nat(1_000_000) }), { maxLength: 120 });

/** A world that does what the moves say, and then behaves. */
class World {
  readonly run = new ToyRun();
  #connection = 0;
  readonly #answered: { readonly connection: number; readonly lease: Lease }[] = [];

  get connections(): readonly number[] {
    return [...this.run.leases.keys()];
  }

  join(): void {
    this.run.join(++this.#connection, { threadCount: 1 + (this.#connection % 4) });
  }

  move({ action, choice }: Move): void {
    const connection = this.connections[choice % Math.max(1, this.connections.length)];
    if (action === 'join' || connection === undefined) {
      if (this.connections.length < 6) this.join();
      return;
    }
    const leases = this.run.leases.get(connection) ?? [];
    const lease = leases[choice % Math.max(1, leases.length)];
    this.run.now += choice % 5;
    if (action === 'leave') this.run.leave(connection);
    else if (action === 'wait') this.#tick(choice % 100);
    else if (action === 'sleep') this.#tick(choice % 100_000);
    else if (action === 'duplicate') this.#duplicate(choice);
    else if (lease !== undefined) this.#settle(action, connection, lease);
  }

  finish(): void {
    this.join();
    for (let round = 0; this.run.results.length === 0; round++) {
      if (round > 5000) throw new Error('Cannot finish: the job stands still');
      for (const connection of this.connections) {
        while ((this.run.leases.get(connection)?.length ?? 0) > 0) this.run.answer(connection);
      }
      this.#tick(50);
    }
  }

  #settle(action: Action, connection: number, lease: Lease): void {
    const leases = this.run.leases.get(connection) ?? [];
    leases.splice(leases.indexOf(lease), 1);
    if (action === 'lose') return;
    if (action === 'release') {
      this.run.say(connection, { type: 'release', leaseIds: [lease.leaseId], reason: 'error' });
      return;
    }
    this.#answered.push({ connection, lease });
    const { message, payload } = answerTo(lease);
    this.run.say(connection, message, payload);
  }

  #duplicate(choice: number): void {
    const earlier = this.#answered[choice % Math.max(1, this.#answered.length)];
    if (earlier === undefined || !this.run.leases.has(earlier.connection)) return;
    const { message, payload } = answerTo(earlier.lease);
    this.run.say(earlier.connection, message, payload);
  }

  #tick(milliseconds: number): void {
    this.run.now += milliseconds;
    this.run.do({ type: 'tick' });
  }
}

test.prop([fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 4 }), moves], { numRuns: 400, seed: 20 })(
  'handle() gives the serial sum when workers join, leave, lose, repeat and stall',
  (microbatchCount, workerCount, script) => {
    const world = new World();
    for (let index = 0; index < workerCount; index++) world.join();
    world.run.do({ type: 'jobRequested', job: jobOf(microbatchCount, 7) });
    for (const move of script) if (world.run.results.length === 0) world.move(move);
    world.finish();
    const [result] = world.run.results;
    const expected = toySum({ begin: 0, end: microbatchCount }, 7);
    expect(bytesOfFloats(result?.outputs ?? new Float32Array(0))).toEqual(bytesOfFloats(expected));
    const covered = (result?.contributions ?? []).reduce((sum, { begin, end }) => sum + end - begin, 0);
    expect(covered).toBe(microbatchCount);
    expect(world.run.effects.filter((effect) => effect.type === 'close')).toEqual([]);
  },
);
