// Workers of a study and their runs: everyone has one, the neediest gets the next, nobody is asked twice, and no stranger sits alone.

import { describe, expect, it } from 'vitest';
import { Seats, type SeatedRun } from '../../coordinator/shell/study-seats.js';
import {
  decodeFrame,
  encodeFrame,
  type Bytes,
  type Connection,
  type ConnectionHandlers,
  type Hello,
} from '../../protocol/index.js';
import { helloFrom } from './toy-run.js';

/** A run that notes who comes, what is heard, and who goes. */
class NotedRun implements SeatedRun {
  readonly notes: string[] = [];
  readonly isWary: boolean;
  readonly workerLimit: number;

  constructor(isWary = true, workerLimit = 1024) {
    this.isWary = isWary;
    this.workerLimit = workerLimit;
  }

  readonly accept = (connection: Connection): ConnectionHandlers => {
    const name = connection.remote;
    this.notes.push(`${name} comes`);
    return {
      onFrame: (frame) => this.notes.push(`${name}: ${messageIn(frame, 'worker')}`),
      onClose: () => this.notes.push(`${name} goes`),
    };
  };
}

/** Seats whose clock is moved by hand. */
class HandSeats extends Seats<NotedRun> {
  readonly clock: { now: number; arrivals: number };

  constructor() {
    const clock = { now: 0, arrivals: 0 };
    const standings = { node: 'owners', browser: 'volunteer' } as const;
    super({
      standingOf: ({ kind, token }) => (token === 'wrong' ? undefined : standings[kind]),
      helloMilliseconds: 1000,
      onArrival: () => (clock.arrivals += 1),
      now: () => clock.now,
    });
    this.clock = clock;
  }
}

const messageIn = (frame: Bytes, sender: 'worker' | 'coordinator'): string =>
  decodeFrame(frame, { sender, payloadLengths: () => [] }).message.type;

class Guest {
  readonly heard: string[] = [];
  readonly handlers: ConnectionHandlers;
  readonly #hello: Hello;

  constructor(seats: Seats<NotedRun>, name: string, overrides: Partial<Hello> = {}) {
    this.#hello = helloFrom(name, overrides);
    this.handlers = seats.accept({
      remote: name,
      bufferedBytes: 0,
      send: (frame) => this.heard.push(messageIn(frame as Bytes, 'coordinator')),
      close: (code) => this.heard.push(code),
    });
  }

  hello(): void {
    this.handlers.onFrame(encodeFrame(this.#hello));
  }

  goodbye(): void {
    this.handlers.onFrame(encodeFrame({ type: 'goodbye' }));
  }

  leave(): void {
    this.handlers.onClose({ code: 'connection-lost', reason: '' });
  }
}

describe('Seats', () => {
  it('spreads workers over the runs', () => {
    const seats = new HandSeats();
    const runs = [new NotedRun(), new NotedRun()];
    for (const run of runs) seats.open(run);
    for (const name of ['a', 'b', 'c']) new Guest(seats, name).hello();
    expect(runs.map((run) => run.notes)).toEqual([
      ['a comes', 'a: hello', 'c comes', 'c: hello'],
      ['b comes', 'b: hello'],
    ]);
  });

  it('lets workers wait where every run has as many as it admits, and seats them when a place is left or a run opens', () => {
    const seats = new HandSeats();
    const [first, second] = [new NotedRun(true, 1), new NotedRun(true, 1)];
    seats.open(first);
    const guests = ['a', 'b', 'c'].map((name) => new Guest(seats, name));
    for (const guest of guests) guest.hello();
    expect(first.notes).toEqual(['a comes', 'a: hello']);
    guests[0]?.leave();
    expect(first.notes.slice(2)).toEqual(['a goes', 'b comes', 'b: hello']);
    seats.open(second);
    expect(second.notes).toEqual(['c comes', 'c: hello']);
    seats.close(second);
    guests[2]?.hello();
    expect(first.notes).toHaveLength(5);
    seats.dismiss({ type: 'finish', reason: 'completed', parametersSha256: '0'.repeat(64) });
    expect(guests.map(({ heard }) => heard)).toEqual([[], [], ['move', 'finish']]);
  });

  it('sends a stranger to a run that is full: it is refused there, and does not wait', () => {
    const seats = new HandSeats();
    const run = new NotedRun(true, 1);
    seats.open(run);
    new Guest(seats, 'a').hello();
    new Guest(seats, 'stranger', { token: 'wrong' }).hello();
    expect(run.notes).toEqual(['a comes', 'a: hello', 'stranger comes', 'stranger: hello']);
  });

  it('moves the worker of a run that ends, and drops what it still says of the old one', () => {
    const seats = new HandSeats();
    const [first, second] = [new NotedRun(), new NotedRun()];
    seats.open(first);
    const guest = new Guest(seats, 'a');
    guest.hello();
    seats.open(second);
    seats.close(first);
    expect(guest.heard).toEqual(['move']);
    guest.goodbye();
    expect(second.notes).toEqual([]);
    guest.hello();
    expect(first.notes).toEqual(['a comes', 'a: hello', 'a goes']);
    expect(second.notes).toEqual(['a comes', 'a: hello']);
  });

  it('keeps who comes, or is moved, before there is a run, and says hello for them later', () => {
    const seats = new HandSeats();
    const early = new Guest(seats, 'early');
    early.hello();
    const run = new NotedRun();
    seats.open(run);
    expect(run.notes).toEqual(['early comes', 'early: hello']);
    seats.close(run);
    early.hello();
    const next = new NotedRun();
    seats.open(next);
    expect(next.notes).toEqual(['early comes', 'early: hello']);
    expect(early.heard).toEqual(['move']);
  });

  it('gives a run without workers one from where there are several, also after one has been lost', () => {
    const seats = new HandSeats();
    const [first, second] = [new NotedRun(), new NotedRun()];
    seats.open(first);
    const guests = ['a', 'b', 'c'].map((name) => new Guest(seats, name));
    for (const guest of guests) guest.hello();
    seats.open(second);
    expect(guests.map(({ heard }) => heard)).toEqual([[], [], ['move']]);
    guests[2]?.hello();
    guests[2]?.handlers.onClose({ code: 'connection-lost', reason: '' });
    expect(second.notes).toEqual(['c comes', 'c: hello', 'c goes']);
    expect(guests[1]?.heard).toEqual(['move']);
    expect([seats.countOf(first), seats.countOf(second), seats.count]).toEqual([1, 1, 2]);
  });

  it('tells those without a run that it is over', () => {
    const seats = new HandSeats();
    const run = new NotedRun();
    seats.open(run);
    const guest = new Guest(seats, 'a');
    guest.hello();
    seats.close(run);
    seats.dismiss({ type: 'finish', reason: 'completed', parametersSha256: 'a'.repeat(64) });
    expect(guest.heard).toEqual(['move', 'finish']);
  });

  it('counts whoever has said hello, with a token that is good', () => {
    const seats = new HandSeats();
    const run = new NotedRun();
    seats.open(run);
    new Guest(seats, 'silent');
    const stranger = new Guest(seats, 'stranger', { token: 'wrong' });
    stranger.hello();
    expect([seats.count, seats.countOf(run), run.notes]).toEqual([0, 0, ['stranger comes', 'stranger: hello']]);
    const guest = new Guest(seats, 'a');
    guest.hello();
    expect([seats.count, seats.seatOf('a'), seats.seatOf('nobody')]).toEqual([1, { run }, undefined]);
    // Whoever is moved and says hello again has not come anew.
    seats.close(run);
    guest.hello();
    expect(seats.clock.arrivals).toBe(1);
  });

  it('hears nothing but a hello from whoever comes', () => {
    const seats = new HandSeats();
    seats.open(new NotedRun());
    expect(() => new Guest(seats, 'a').goodbye()).toThrow(/goodbye found, a hello wanted first/);
    expect(() => new Guest(seats, 'b').handlers.onFrame(Uint8Array.of(1, 2, 3))).toThrow(/Cannot/);
  });

  it('gives up a worker that is moved and does not say hello in time', () => {
    const seats = new HandSeats();
    const [first, second] = [new NotedRun(), new NotedRun()];
    seats.open(first);
    const guests = ['a', 'b'].map((name) => new Guest(seats, name));
    for (const guest of guests) guest.hello();
    seats.open(second);
    seats.close(first);
    guests[0]?.hello();
    seats.clock.now = 999;
    seats.tick();
    expect(guests.map(({ heard }) => heard)).toEqual([['move'], ['move']]);
    seats.clock.now = 1000;
    seats.tick();
    expect(guests.map(({ heard }) => heard)).toEqual([['move'], ['move', 'handshake-timeout']]);
  });

  it('keeps the newer of two connections of one worker, wherever they sit', () => {
    const seats = new HandSeats();
    const runs = [new NotedRun(), new NotedRun()];
    for (const run of runs) seats.open(run);
    const [older, newer] = [new Guest(seats, 'a'), new Guest(seats, 'a')];
    older.hello();
    newer.hello();
    expect([older.heard, newer.heard, seats.count]).toEqual([['refuse', 'worker-replaced'], [], 1]);
    older.goodbye();
    older.leave();
    expect(runs.map(({ notes }) => notes)).toEqual([['a comes', 'a: hello', 'a goes', 'a comes', 'a: hello'], []]);
    // Whoever only claims to be that worker, without a token that is good, drives nobody out.
    new Guest(seats, 'a', { token: 'wrong' }).hello();
    expect([newer.heard, seats.count]).toEqual([[], 1]);
  });

  const tab = { kind: 'browser' } as const;

  it('seats volunteers beside a worker of the owner, and together where there is none', () => {
    const seats = new HandSeats();
    const runs = [new NotedRun(), new NotedRun(), new NotedRun()];
    for (const run of runs) seats.open(run);
    const placesOf = (...names: readonly string[]): readonly number[] =>
      names.map((name) => runs.findIndex((run) => run === seats.seatOf(name)?.run));
    const tabs = ['x', 'y', 'z', 'w'].map((name) => new Guest(seats, name, tab));
    tabs[0]?.hello();
    tabs[1]?.hello();
    expect(placesOf('x', 'y')).toEqual([0, 0]);
    tabs[2]?.hello();
    tabs[3]?.hello();
    // Four of them are two pairs.
    tabs[2]?.hello();
    tabs[3]?.hello();
    expect(placesOf('x', 'y', 'z', 'w')).toEqual([0, 0, 1, 1]);
    const own = new Guest(seats, 'own');
    own.hello();
    for (const guest of tabs) if (guest.heard.at(-1) === 'move') guest.hello();
    expect(new Set(placesOf('own', 'x', 'y', 'z', 'w')).size).toBe(1);
    own.leave();
    for (const guest of tabs) if (guest.heard.at(-1) === 'move') guest.hello();
    expect(placesOf('x', 'y', 'z', 'w').toSorted((a, b) => a - b)).toEqual([0, 0, 1, 1]);
  });

  it('lets a volunteer be alone where nobody else is, or where nothing of it is computed again', () => {
    const alone = new HandSeats();
    const run = new NotedRun();
    alone.open(run);
    new Guest(alone, 'x', tab).hello();
    expect(run.notes).toEqual(['x comes', 'x: hello']);
    const trusting = new HandSeats();
    const runs = [new NotedRun(false), new NotedRun(false)];
    for (const each of runs) trusting.open(each);
    new Guest(trusting, 'own').hello();
    new Guest(trusting, 'x', tab).hello();
    expect(runs.map(({ notes }) => notes.length)).toEqual([2, 2]);
  });
});
