// Who works at which run of a study: a worker's connection has a seat at one run, and is moved to another without being closed.
//
//   joins → hello → seat at a run (study-seating.ts) → its run ends, or another needs it more → `move` → hello → seat at the other run
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
  type Hello,
} from '../../protocol/index.js';
import { nextMoves, runFor, type Company, type Standing } from './study-seating.js';

/** A run that takes workers. */
export interface SeatedRun {
  /** Takes a connection in; a connection that is moved away is closed for the run. */
  readonly accept: Accept;
  /** Whether what volunteers contribute is computed again. */
  readonly isWary: boolean;
  /** Workers that it admits. */
  readonly workerLimit: number;
}

/** What seats are given by. */
export interface SeatsOptions {
  /** Whose a worker is; undefined: nobody's, and the run that it asks will refuse it. */
  readonly standingOf: (hello: Hello) => Standing | undefined;
  /** A worker that is moved says hello again within this time. */
  readonly helloMilliseconds: number;
  /** There is one more worker than before. */
  readonly onArrival?: () => void;
  /** Steady milliseconds. */
  readonly now: () => number;
}

interface Seat<R> {
  readonly connection: Connection;
  run: R | undefined;
  /** Undefined while its hello is awaited. */
  handlers: ConnectionHandlers | undefined;
  /** A hello that no run has taken yet. */
  hello: Bytes | undefined;
  /** From its newest hello; undefined before the first one. */
  name: string | undefined;
  workerId: string | undefined;
  standing: Standing | undefined;
  /** When its next hello is due at the latest; undefined where none is awaited, or the listener waits for the first one. */
  helloBy: number | undefined;
}

/** Runs that are open for the sake of volunteers, at most. */
const mostVolunteersRuns = 64;

/** The seats of a study's workers. */
export class Seats<R extends SeatedRun> {
  readonly #options: SeatsOptions;
  readonly #seats = new Set<Seat<R>>();
  readonly #runs = new Set<R>();

  constructor(options: SeatsOptions) {
    this.#options = options;
  }

  /** Workers that are connected and have said hello. */
  get count(): number {
    return this.#countOfStanding('owners') + this.#countOfStanding('volunteer');
  }

  #countOfStanding(wanted: Standing): number {
    let count = 0;
    for (const { standing } of this.#seats) if (standing === wanted) count += 1;
    return count;
  }

  /** Runs that can be worked at side by side. However many volunteers come, they open no more than a bounded number. */
  get placeCount(): number {
    const [owners, volunteers] = [this.#countOfStanding('owners'), this.#countOfStanding('volunteer')];
    const isWary = this.#runs.size === 0 || [...this.#runs].some((run) => run.isWary);
    const theirs = isWary ? (owners > 0 ? 0 : Math.ceil(volunteers / 2)) : volunteers;
    return owners + Math.min(mostVolunteersRuns, theirs);
  }

  /** Workers at a run, those on their way to it included. */
  countOf(run: R): number {
    return this.#at(run).filter(({ standing }) => standing !== undefined).length;
  }

  /** Whether a worker of this name is connected, and at which run it is, or to which it is on its way. */
  seatOf(name: string | undefined): { readonly run: R | undefined } | undefined {
    if (name === undefined) return undefined;
    for (const seat of this.#seats) if (seat.name === name) return { run: seat.run };
    return undefined;
  }

  /** Takes a new connection in. */
  accept(connection: Connection): ConnectionHandlers {
    const nothing = { run: undefined, handlers: undefined, hello: undefined, standing: undefined };
    const seat: Seat<R> = { connection, ...nothing, name: undefined, workerId: undefined, helloBy: undefined };
    this.#seats.add(seat);
    return {
      onFrame: (frame) => {
        if (this.#seats.has(seat)) this.#hear(seat, frame);
      },
      onClose: (closure) => {
        this.#seats.delete(seat);
        seat.handlers?.onClose(closure);
        this.#balance();
      },
    };
  }

  /** Opens a run for workers. */
  open(run: R): void {
    this.#runs.add(run);
    this.#balance();
  }

  /** Closes a run for workers: those that are there go to others. */
  close(run: R): void {
    this.#runs.delete(run);
    for (const seat of this.#at(run)) this.#move(seat, this.#runFor(seat));
    this.#balance();
  }

  /** Gives up workers that were moved and have not said hello. */
  tick(): void {
    const now = this.#options.now();
    for (const { helloBy, connection } of this.#seats) {
      if (helloBy === undefined || helloBy > now) continue;
      connection.close('handshake-timeout', `found no frame after ${this.#options.helloMilliseconds} ms, wanted a hello`);
    }
  }

  /** Tells everyone who has no run that there will be none. */
  dismiss(finish: Finish): void {
    const frame = encodeFrame(finish);
    for (const seat of this.#seats) if (seat.run === undefined) seat.connection.send(frame);
  }

  #at(run: R): readonly Seat<R>[] {
    return [...this.#seats].filter((seat) => seat.run === run);
  }

  #companies(): readonly Company<R>[] {
    const counts = new Map<R, Record<Standing, number>>();
    for (const run of this.#runs) counts.set(run, { owners: 0, volunteer: 0 });
    for (const { run, standing } of this.#seats) {
      const count = run === undefined ? undefined : counts.get(run);
      if (count !== undefined && standing !== undefined) count[standing] += 1;
    }
    return [...counts].map(([run, { owners, volunteer }]) => {
      return { run, isWary: run.isWary, limit: run.workerLimit, owners, volunteers: volunteer };
    });
  }

  /** Nobody's workers need no room: the run refuses them. */
  #runFor({ standing }: Seat<R>): R | undefined {
    return standing === undefined ? [...this.#runs][0] : runFor(standing, this.#companies());
  }

  /** Seats those who wait as far as there is room, then moves whoever is needed more elsewhere. */
  #balance(): void {
    for (const seat of this.#seats) if (seat.run === undefined) this.#seat(seat);
    for (;;) {
      const moves = nextMoves(this.#companies());
      if (moves.length === 0) return;
      for (const { from, to, standing } of moves) {
        const seat = this.#at(from).findLast((other) => other.standing === standing);
        if (seat !== undefined) this.#move(seat, to);
      }
    }
  }

  #move(seat: Seat<R>, run: R | undefined): void {
    const { handlers } = seat;
    seat.run = run;
    seat.handlers = undefined;
    // On its way from one run to another already: its hello will find the new one.
    if (handlers === undefined) return;
    handlers.onClose({ code: 'normal', reason: 'moved to another run' });
    seat.helloBy = this.#options.now() + this.#options.helloMilliseconds;
    seat.connection.send(encodeFrame({ type: 'move' }));
  }

  #hear(seat: Seat<R>, frame: Bytes): void {
    if (seat.handlers !== undefined) return seat.handlers.onFrame(frame);
    const hello = helloIn(frame, seat.helloBy !== undefined || seat.hello !== undefined);
    if (hello === undefined) return;
    seat.hello = frame;
    seat.helloBy = undefined;
    const isNew = seat.standing === undefined;
    seat.name = hello.workerName;
    seat.workerId = hello.workerId;
    seat.standing = this.#options.standingOf(hello);
    if (seat.standing !== undefined) this.#replace(seat);
    this.#seat(seat);
    this.#balance();
    if (isNew && seat.standing !== undefined) this.#options.onArrival?.();
  }

  /** The same worker has joined over a newer connection, perhaps at another run: the older one is given up. */
  #replace(newer: Seat<R>): void {
    const older = [...this.#seats].find((seat) => seat !== newer && seat.workerId === newer.workerId);
    if (older === undefined) return;
    this.#seats.delete(older);
    older.handlers?.onClose({ code: 'normal', reason: 'joined over a newer connection' });
    older.handlers = undefined;
    const message = 'The same worker has joined over a newer connection';
    older.connection.send(encodeFrame({ type: 'refuse', code: 'worker-replaced', message }));
    older.connection.close('worker-replaced', message);
  }

  /** Gives a worker its place at a run, as soon as there is one and it has said hello. */
  #seat(seat: Seat<R>): void {
    const { hello } = seat;
    if (hello === undefined) return;
    seat.run ??= this.#runFor(seat);
    if (seat.run === undefined) return;
    seat.hello = undefined;
    seat.handlers = seat.run.accept(seat.connection);
    seat.handlers.onFrame(hello);
  }
}

/** The hello in a frame. Where `mayBeOld` it may be something else, for a run that is nobody's any more. Throws ProtocolError. */
function helloIn(frame: Bytes, mayBeOld: boolean): Hello | undefined {
  try {
    const { message } = decodeFrame(frame, { sender: 'worker', payloadLengths: () => [] });
    if (message.type === 'hello') return message;
    if (mayBeOld) return undefined;
    throw new ProtocolError('unexpected-message', `Cannot accept message: ${message.type} found, a hello wanted first`);
  } catch (error) {
    // Contributions to the old run, whose lengths nobody here knows.
    if (error instanceof ProtocolError && mayBeOld) return undefined;
    throw error;
  }
}
