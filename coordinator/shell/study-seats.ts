// Who works at which run of a study: a worker's connection has a seat at one run, and is moved to another without being closed.
//
//   joins → seat at the run with the fewest workers → its run ends, or another has none → `move` → hello → seat at the other run
//
// Between `move` and hello whatever still arrives is of the old run, and nobody's.

import {
  decodeFrame,
  encodeFrame,
  ProtocolError,
  type Accept,
  type Bytes,
  type Connection,
  type ConnectionHandlers,
  type Finish,
} from '../../protocol/index.js';

/** A run that takes workers. */
export interface SeatedRun {
  /** Takes a connection in; a connection that is moved away is closed for the run. */
  readonly accept: Accept;
}

interface Seat<R> {
  readonly connection: Connection;
  run: R | undefined;
  /** Undefined while its hello is awaited. */
  handlers: ConnectionHandlers | undefined;
  /** A hello that no run has taken yet. */
  hello: Bytes | undefined;
}

/** The seats of a study's workers. */
export class Seats<R extends SeatedRun> {
  readonly #seats = new Set<Seat<R>>();
  readonly #runs = new Set<R>();

  /** Workers that are connected. */
  get count(): number {
    return this.#seats.size;
  }

  /** Workers at a run, those on their way to it included. */
  countOf(run: R): number {
    return this.#at(run).length;
  }

  /** Takes a new connection in. */
  accept(connection: Connection): ConnectionHandlers {
    const seat: Seat<R> = { connection, run: this.#neediest(), handlers: undefined, hello: undefined };
    this.#seats.add(seat);
    seat.handlers = seat.run?.accept(connection);
    return {
      onFrame: (frame) => this.#hear(seat, frame),
      onClose: (closure) => {
        this.#seats.delete(seat);
        seat.handlers?.onClose(closure);
        this.#balance();
      },
    };
  }

  /** Opens a run for workers; one that has none gets one from where there are several. */
  open(run: R): void {
    this.#runs.add(run);
    for (const seat of this.#seats) if (seat.run === undefined) this.#sit(seat, run);
    this.#balance();
  }

  /** Closes a run for workers: those that are there go to others. */
  close(run: R): void {
    this.#runs.delete(run);
    for (const seat of this.#at(run)) this.#move(seat, this.#neediest());
  }

  /** Tells everyone who has no run that there will be none. */
  dismiss(finish: Finish): void {
    const frame = encodeFrame(finish);
    for (const seat of this.#seats) if (seat.run === undefined) seat.connection.send(frame);
  }

  #at(run: R): readonly Seat<R>[] {
    return [...this.#seats].filter((seat) => seat.run === run);
  }

  /** The run with the fewest workers, the earliest of several. */
  #neediest(): R | undefined {
    let neediest: R | undefined;
    let fewest = Infinity;
    for (const run of this.#runs) {
      const count = this.countOf(run);
      if (count >= fewest) continue;
      neediest = run;
      fewest = count;
    }
    return neediest;
  }

  #balance(): void {
    const needy = this.#neediest();
    if (needy === undefined || this.countOf(needy) > 0) return;
    const crowded = [...this.#runs].map((run) => this.#at(run)).toSorted((a, b) => b.length - a.length)[0];
    const seat = crowded?.at(-1);
    if (crowded !== undefined && crowded.length > 1 && seat !== undefined) this.#move(seat, needy);
  }

  #move(seat: Seat<R>, run: R | undefined): void {
    const { handlers } = seat;
    seat.run = run;
    seat.handlers = undefined;
    // On its way from one run to another already: its hello will find the new one.
    if (handlers === undefined) return;
    handlers.onClose({ code: 'normal', reason: 'moved to another run' });
    seat.connection.send(encodeFrame({ type: 'move' }));
  }

  #hear(seat: Seat<R>, frame: Bytes): void {
    if (seat.handlers !== undefined) return seat.handlers.onFrame(frame);
    if (!isHello(frame)) return;
    seat.hello = frame;
    if (seat.run !== undefined) this.#sit(seat, seat.run);
  }

  #sit(seat: Seat<R>, run: R): void {
    seat.run = run;
    if (seat.hello === undefined) return;
    const { hello } = seat;
    seat.hello = undefined;
    seat.handlers = run.accept(seat.connection);
    seat.handlers.onFrame(hello);
  }
}

function isHello(frame: Bytes): boolean {
  try {
    return decodeFrame(frame, { sender: 'worker', payloadLengths: () => [] }).message.type === 'hello';
  } catch (error) {
    // Contributions to the old run, whose lengths nobody here knows.
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}
