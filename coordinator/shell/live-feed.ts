// Tells pages how a run or a study goes on: one WebSocket each, a snapshot first, then the same updates to all of them.
//
// A page that takes messages more slowly than they are produced misses some, and begins again with a snapshot; one that takes none
// at all is let go. Nothing of this waits for a page, and nothing that a page sends decides anything.

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import {
  liveLimits,
  livePath,
  type LiveRefusal,
  type LiveSnapshot,
  type LiveUpdate,
  type StudySnapshot,
  type StudyUpdate,
} from '../../protocol/index.js';
import { upgradeRefusal, type UpgradePolicy } from './upgrade-policy.js';
import { pathOf, refuseUpgrade } from './websocket-listener.js';

/** What a feed grants to those who watch. */
export interface LiveFeedBounds {
  /** Pages at the same time. */
  readonly watcherCount: number;
  /** The time for the first message. */
  readonly greetingMilliseconds: number;
  /** Bytes that may wait for a page before it misses messages. */
  readonly bufferedBytes: number;
  /** How long a page may miss messages before it is let go. */
  readonly slowMilliseconds: number;
}

/** Bounds that suit the owner's own devices. */
export const defaultFeedBounds: LiveFeedBounds = {
  watcherCount: 32,
  greetingMilliseconds: 10_000,
  bufferedBytes: 1024 * 1024,
  slowMilliseconds: 30_000,
};

/** What a feed is made of. */
export interface LiveFeedOptions {
  /** Listening already; closing it stays with its owner. */
  readonly server: Server;
  /** Which upgrade requests are accepted at all; connections are counted apart from those of workers. */
  readonly policy: Pick<UpgradePolicy, 'allowedHosts' | 'allowedOrigins'>;
  /** Whether whoever says this, or nothing, may watch. */
  readonly acceptsToken: (token: string | undefined) => boolean;
  readonly snapshot: () => LiveSnapshot | StudySnapshot;
  /** Steady milliseconds. */
  readonly now: () => number;
  readonly bounds?: Partial<LiveFeedBounds>;
}

interface Watcher {
  readonly socket: WebSocket;
  isWelcome: boolean;
  /** Since when it has missed messages; undefined where it has all. */
  behindSince: number | undefined;
}

/** How long the other side may take to answer a close before its socket is destroyed. */
const closeMilliseconds = 1000;
/** A page hears something this often, so that it knows whether the coordinator is there. */
const heartbeatMilliseconds = 1000;
const closeCodes = { normal: 1000, policy: 1008, later: 1013 } as const;

/** The pages that watch. */
export class LiveFeed {
  readonly #options: LiveFeedOptions;
  readonly #bounds: LiveFeedBounds;
  readonly #webSocketServer: WebSocketServer;
  readonly #watchers = new Set<Watcher>();
  #lastSentAt = -Infinity;
  #whenEmpty: (() => void) | undefined;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
    this.#bounds = { ...defaultFeedBounds, ...options.bounds };
    this.#webSocketServer = new WebSocketServer({
      ...{ noServer: true, clientTracking: false, perMessageDeflate: false },
      ...{ maxPayload: liveLimits.greetingBytes, closeTimeout: closeMilliseconds },
    });
    options.server.on('upgrade', this.#onUpgrade);
  }

  /** Pages that are connected. */
  get watcherCount(): number {
    return this.#watchers.size;
  }

  /** Tells every page what is new, or now and then that nothing is. */
  tell(update: LiveUpdate | StudyUpdate | undefined): void {
    const now = this.#options.now();
    if (update === undefined && now - this.#lastSentAt < heartbeatMilliseconds) return;
    this.#lastSentAt = now;
    const text = JSON.stringify(update ?? ({ type: 'update' } satisfies LiveUpdate));
    for (const watcher of this.#watchers) if (watcher.isWelcome) this.#tellOne(watcher, text, now);
  }

  /** Ends all connections; what was told before still arrives. */
  async close(): Promise<void> {
    this.#options.server.off('upgrade', this.#onUpgrade);
    for (const { socket } of this.#watchers) socket.close(closeCodes.normal, 'the coordinator is ending');
    if (this.#watchers.size > 0) await new Promise<void>((resolve) => (this.#whenEmpty = resolve));
    this.#webSocketServer.close();
  }

  readonly #onUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    if (pathOf(request) !== livePath) return;
    // Without a listener an error of the stream, a reset for instance, would end the process.
    const destroy = (): void => void stream.destroy();
    stream.on('error', destroy);
    const connectionCount = 2 * this.#bounds.watcherCount;
    const policy = { ...this.#options.policy, connectionCount, connectionCountPerAddress: connectionCount };
    const refusal = upgradeRefusal(request, policy, { total: this.#watchers.size, ofAddress: 0, isHurried: false });
    if (refusal !== undefined) return refuseUpgrade(stream, refusal);
    this.#webSocketServer.handleUpgrade(request, stream, head, (socket) => {
      stream.off('error', destroy);
      this.#receive(socket);
    });
  };

  #receive(socket: WebSocket): void {
    const watcher: Watcher = { socket, isWelcome: false, behindSince: undefined };
    const timer = setTimeout(
      () => socket.close(closeCodes.policy, 'no greeting came in time'),
      this.#bounds.greetingMilliseconds,
    );
    this.#watchers.add(watcher);
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      clearTimeout(timer);
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#whenEmpty?.();
    });
    socket.once('message', (data: Buffer, isBinary: boolean) => {
      clearTimeout(timer);
      this.#greet(watcher, isBinary ? undefined : data.toString('utf8'));
      // There is nothing more to be said.
      socket.on('message', () => socket.close(closeCodes.policy, 'one message is enough'));
    });
  }

  #greet(watcher: Watcher, text: string | undefined): void {
    const { socket } = watcher;
    const greeting = readGreeting(text);
    if (greeting === undefined) return socket.close(closeCodes.policy, 'no greeting');
    if (!this.#options.acceptsToken(greeting.token)) return refuse(socket, 'token');
    const welcomeCount = [...this.#watchers].filter(({ isWelcome }) => isWelcome).length;
    if (welcomeCount >= this.#bounds.watcherCount) return refuse(socket, 'full');
    watcher.isWelcome = true;
    send(socket, this.#options.snapshot());
  }

  #tellOne(watcher: Watcher, text: string, now: number): void {
    const { socket, behindSince } = watcher;
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > this.#bounds.bufferedBytes) {
      watcher.behindSince = behindSince ?? now;
      if (now - watcher.behindSince >= this.#bounds.slowMilliseconds) socket.terminate();
    } else if (behindSince === undefined) {
      socket.send(text);
    } else {
      watcher.behindSince = undefined;
      send(socket, this.#options.snapshot());
    }
  }
}

function send(socket: WebSocket, message: LiveSnapshot | StudySnapshot | LiveRefusal): void {
  socket.send(JSON.stringify(message));
}

function refuse(socket: WebSocket, reason: LiveRefusal['reason']): void {
  send(socket, { type: 'refusal', reason });
  socket.close(reason === 'token' ? closeCodes.policy : closeCodes.later, reason);
}

/** What a page says first; undefined for anything else. */
function readGreeting(text: string | undefined): { readonly token: string | undefined } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('token' in value)) return undefined;
  const { token } = value;
  return token === null || typeof token === 'string' ? { token: token ?? undefined } : undefined;
}
