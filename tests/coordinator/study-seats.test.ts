// Workers of a study and their runs: everyone has one, the neediest gets the next, and nobody is asked twice.

import { describe, expect, it } from 'vitest';
import { Seats, type SeatedRun } from '../../coordinator/shell/study-seats.js';
import { decodeFrame, encodeFrame, type Bytes, type Connection, type ConnectionHandlers } from '../../protocol/index.js';
import { helloFrom } from './toy-run.js';

/** A run that notes who comes, what is heard, and who goes. */
class NotedRun implements SeatedRun {
  readonly notes: string[] = [];
  readonly accept = (connection: Connection): ConnectionHandlers => {
    const name = connection.remote;
    this.notes.push(`${name} comes`);
    return {
      onFrame: (frame) => this.notes.push(`${name}: ${messageIn(frame, 'worker')}`),
      onClose: () => this.notes.push(`${name} goes`),
    };
  };
}

const messageIn = (frame: Bytes, sender: 'worker' | 'coordinator'): string =>
  decodeFrame(frame, { sender, payloadLengths: () => [] }).message.type;

class Guest {
  readonly heard: string[] = [];
  readonly handlers: ConnectionHandlers;
  readonly #name: string;

  constructor(seats: Seats<NotedRun>, name: string) {
    this.#name = name;
    this.handlers = seats.accept({
      remote: name,
      bufferedBytes: 0,
      send: (frame) => this.heard.push(messageIn(frame as Bytes, 'coordinator')),
      close: () => undefined,
    });
  }

  hello(): void {
    this.handlers.onFrame(encodeFrame(helloFrom(this.#name)));
  }

  goodbye(): void {
    this.handlers.onFrame(encodeFrame({ type: 'goodbye' }));
  }
}

describe('Seats', () => {
  it('spreads workers over the runs', () => {
    const seats = new Seats<NotedRun>();
    const runs = [new NotedRun(), new NotedRun()];
    for (const run of runs) seats.open(run);
    for (const name of ['a', 'b', 'c']) new Guest(seats, name).hello();
    expect(runs.map((run) => run.notes)).toEqual([
      ['a comes', 'a: hello', 'c comes', 'c: hello'],
      ['b comes', 'b: hello'],
    ]);
  });

  it('moves the worker of a run that ends, and drops what it still says of the old one', () => {
    const seats = new Seats<NotedRun>();
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
    const seats = new Seats<NotedRun>();
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
    const seats = new Seats<NotedRun>();
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
    const seats = new Seats<NotedRun>();
    const run = new NotedRun();
    seats.open(run);
    const guest = new Guest(seats, 'a');
    guest.hello();
    seats.close(run);
    seats.dismiss({ type: 'finish', reason: 'completed', parametersSha256: 'a'.repeat(64) });
    expect(guest.heard).toEqual(['move', 'finish']);
  });
});
