// A network between workers and a coordinator: late, cut, half-cut, and at its worst out of order and repeating itself.
//
// A connection carries frames in order, as TCP does. What is lost takes the connection with it. Repeated and swapped frames
// break the transport's promise; they stand for a proxy that misbehaves.

import {
  deliver,
  type Accept,
  type Bytes,
  type CloseCode,
  type Closure,
  type Connection,
  type ConnectionHandlers,
} from '../../protocol/index.js';
import type { Chance } from './chance.js';
import type { SimulatedProcess } from './process.js';
import type { Trace } from './trace.js';
import type { VirtualClock } from './virtual-clock.js';

/** How the network behaves towards one worker. */
export interface LineQuality {
  /** Milliseconds on the way, least and most. */
  readonly delay: readonly [number, number];
  /** How likely a frame comes twice, and how likely it is overtaken. */
  readonly repeats: number;
  readonly swaps: number;
  /** How likely a frame to the worker is answered with contributions of the past as well. */
  readonly echoes: number;
}

/** A line on which nothing is wrong. */
export const goodLine: LineQuality = { delay: [1, 2], repeats: 0, swaps: 0, echoes: 0 };

/** Directions of a connection, seen from the worker. */
export type Direction = 'to-coordinator' | 'to-worker';

/** After so long without a sign of life an end gives a connection up. */
export const silenceMilliseconds = 15_000;

/** One side of a connection and what it hears with. */
interface End {
  readonly process: SimulatedProcess;
  handlers: ConnectionHandlers | undefined;
  isClosed: boolean;
}

interface Link {
  readonly workerName: string;
  readonly ends: Readonly<Record<Direction, End>>;
  readonly lastArrival: Record<Direction, number>;
  isCut: boolean;
}

interface Listening {
  readonly process: SimulatedProcess;
  readonly accept: Accept;
}

/** All connections of a world. */
export class SimulatedNetwork {
  readonly #clock: VirtualClock;
  readonly #chance: Chance;
  readonly #trace: Trace;
  readonly #quality = new Map<string, LineQuality>();
  /** Until when a worker's line is blocked. */
  readonly #blocked = new Map<string, Record<Direction, number>>();
  readonly #links = new Set<Link>();
  readonly #contributions = new Map<string, Bytes[]>();
  #listening: Listening | undefined;

  constructor(clock: VirtualClock, chance: Chance, trace: Trace) {
    this.#clock = clock;
    this.#chance = chance;
    this.#trace = trace;
  }

  setQuality(workerName: string, quality: LineQuality): void {
    this.#quality.set(workerName, quality);
  }

  /** A coordinator begins to take connections. */
  listen(process: SimulatedProcess, accept: Accept): void {
    this.#listening = { process, accept };
  }

  /** The coordinator's process has gone: workers find out soon. */
  stopListening(): void {
    this.#listening = undefined;
    for (const link of this.#links) this.#cut(link, 'connection-lost', 'the coordinator has gone');
  }

  /** A worker's process has gone. */
  dropWorker(workerName: string): void {
    for (const link of this.#linksOf(workerName)) this.#cut(link, 'connection-lost', 'the worker has gone');
  }

  /** Opens a connection; where that fails, `onFailure` hears of it. */
  connect(
    worker: { readonly name: string; readonly process: SimulatedProcess },
    accept: Accept,
    onFailure: (reason: string) => void,
  ): void {
    const { name, process } = worker;
    const listening = this.#listening;
    const isBlocked =
      this.#blockedUntil(name, 'to-coordinator') > this.#clock.now || this.#blockedUntil(name, 'to-worker') > this.#clock.now;
    if (listening === undefined || listening.process.isDead || isBlocked) {
      process.after(isBlocked ? 10_000 : this.#delay(name), () => onFailure(isBlocked ? 'no answer' : 'nobody listens'));
      return;
    }
    const link: Link = {
      workerName: name,
      ends: {
        'to-worker': { process, handlers: undefined, isClosed: false },
        'to-coordinator': { process: listening.process, handlers: undefined, isClosed: false },
      },
      lastArrival: { 'to-worker': 0, 'to-coordinator': 0 },
      isCut: false,
    };
    this.#links.add(link);
    listening.process.run(() => {
      link.ends['to-coordinator'].handlers = listening.accept(this.#connection(link, 'to-worker', name));
    });
    process.after(this.#delay(name), () => {
      if (link.isCut || link.ends['to-worker'].isClosed) return onFailure('the connection was lost while it was made');
      link.ends['to-worker'].handlers = accept(this.#connection(link, 'to-coordinator', 'coordinator'));
    });
  }

  /** Nothing comes through for a while, in one direction or in both; a long while ends the connection at both ends. */
  block(workerName: string, directions: readonly Direction[], milliseconds: number): void {
    const until = this.#clock.now + milliseconds;
    const blocked = this.#blocked.get(workerName) ?? { 'to-coordinator': 0, 'to-worker': 0 };
    for (const direction of directions) blocked[direction] = until;
    this.#blocked.set(workerName, blocked);
    const affected = this.#linksOf(workerName);
    this.#clock.after(silenceMilliseconds, () => {
      const isStillBlocked = directions.some((direction) => this.#blockedUntil(workerName, direction) > this.#clock.now);
      if (!isStillBlocked) return;
      for (const link of affected) this.#cut(link, 'heartbeat-timeout', 'nothing was heard');
    });
  }

  /** What is on the way is lost, and the connection with it. The coordinator finds out late. */
  breakConnection(workerName: string): void {
    for (const link of this.#linksOf(workerName)) this.#cut(link, 'connection-lost', 'a frame was lost', silenceMilliseconds);
  }

  /** Keeps a contribution, for a proxy that says it again some day. */
  remember(workerName: string, frame: Bytes): void {
    const frames = this.#contributions.get(workerName) ?? [];
    frames.push(frame);
    if (frames.length > 40) frames.shift();
    this.#contributions.set(workerName, frames);
  }

  #connection(link: Link, direction: Direction, remote: string): Connection {
    const own = link.ends[direction === 'to-worker' ? 'to-coordinator' : 'to-worker'];
    return {
      remote,
      bufferedBytes: 0,
      send: (frame) => {
        if (own.isClosed || link.isCut) return;
        const copy = new Uint8Array(frame);
        this.#carry(link, direction, copy);
      },
      close: (code, reason) => {
        if (own.isClosed) return;
        this.#endAfter(link, own, 0, { code, reason });
        const arrival = Math.max(link.lastArrival[direction], this.#clock.now + this.#delay(link.workerName));
        this.#endAfter(link, link.ends[direction], arrival - this.#clock.now, { code, reason });
      },
    };
  }

  #carry(link: Link, direction: Direction, frame: Bytes): void {
    const { workerName, lastArrival } = link;
    const { repeats, swaps, echoes } = this.#qualityOf(workerName);
    if (direction === 'to-worker' && echoes > 0 && this.#chance.happens(echoes)) this.#echo(link);
    const release = Math.max(this.#clock.now, this.#blockedUntil(workerName, direction));
    const onTheWay = release + this.#delay(workerName);
    if (swaps > 0 && this.#chance.happens(swaps)) {
      this.#arrive(link, direction, frame, onTheWay + this.#chance.between(0, 200));
      return;
    }
    const arrival = Math.max(lastArrival[direction], onTheWay);
    lastArrival[direction] = arrival;
    this.#arrive(link, direction, frame, arrival);
    if (repeats > 0 && this.#chance.happens(repeats))
      this.#arrive(link, direction, frame, arrival + this.#chance.between(0, 200));
  }

  #arrive(link: Link, direction: Direction, frame: Bytes, time: number): void {
    const end = link.ends[direction];
    end.process.after(time - this.#clock.now, () => {
      if (end.isClosed || link.isCut || end.handlers === undefined) return;
      deliver(
        frame.slice(),
        end.handlers,
        this.#connection(link, direction === 'to-worker' ? 'to-coordinator' : 'to-worker', link.workerName),
      );
    });
  }

  #cut(link: Link, code: CloseCode, reason: string, coordinatorDelay = 0): void {
    if (link.isCut) return;
    link.isCut = true;
    this.#links.delete(link);
    this.#trace(link.workerName, 'loses', () => `its connection: ${reason}`);
    this.#endAfter(link, link.ends['to-worker'], this.#delay(link.workerName), { code, reason });
    this.#endAfter(link, link.ends['to-coordinator'], coordinatorDelay + this.#delay(link.workerName), { code, reason });
  }

  #endAfter(link: Link, end: End, milliseconds: number, closure: Closure): void {
    end.process.after(milliseconds, () => {
      if (end.isClosed) return;
      end.isClosed = true;
      this.#links.delete(link);
      end.handlers?.onClose(closure);
    });
  }

  /** A proxy says what it has heard before, over whatever connection there is now. */
  #echo(link: Link): void {
    const frames = this.#contributions.get(link.workerName) ?? [];
    for (let index = 0; index < 10 && frames.length > 0; index += 1) {
      this.#arrive(link, 'to-coordinator', this.#chance.pick(frames), this.#clock.now + this.#chance.between(2, 20));
    }
  }

  #linksOf(workerName: string): readonly Link[] {
    return [...this.#links].filter((link) => link.workerName === workerName);
  }

  #blockedUntil(workerName: string, direction: Direction): number {
    return this.#blocked.get(workerName)?.[direction] ?? 0;
  }

  #qualityOf(workerName: string): LineQuality {
    return this.#quality.get(workerName) ?? goodLine;
  }

  #delay(workerName: string): number {
    return this.#chance.between(...this.#qualityOf(workerName).delay);
  }
}
