// Listens to the coordinator, and connects again by itself when it was away.

import { signal, type ReadonlySignal } from '@preact/signals';
import { livePath, liveVersion, type LiveGreeting, type LiveRefusal } from '../../protocol/index.js';
import type { Hearing } from './words.js';

/** What is shown of a run or a study. */
export interface View<Snapshot, Update> {
  /** Begins anew. */
  readonly show: (snapshot: Snapshot) => void;
  /** Adds what is new. */
  readonly update: (changes: Update) => void;
}

/** Messages of one kind of feed. */
interface SnapshotMessage {
  readonly type: 'snapshot';
  readonly version: number;
}
interface UpdateMessage {
  readonly type: 'update';
}

/** How the page hears of the run, and how it says who asks. */
export interface Listening {
  readonly hearing: ReadonlySignal<Hearing>;
  /** Tries again with another token. */
  readonly useToken: (token: string) => void;
}

const retryMilliseconds = [250, 500, 1000, 2000, 3000];
/** The coordinator says something every second. */
const silenceMilliseconds = 5000;
const patienceMilliseconds = 10_000;
const storageKey = 'starling-live-token';

/** Begins to listen, for as long as the page is open. */
export function listen<S extends SnapshotMessage, U extends UpdateMessage>(view: View<S, U>): Listening {
  const listener = new Listener(view);
  listener.connect();
  return { hearing: listener.hearing, useToken: (token) => listener.useToken(token) };
}

class Listener<S extends SnapshotMessage, U extends UpdateMessage> {
  readonly hearing = signal<Hearing>({ type: 'connecting' });
  readonly #view: View<S, U>;
  #token = takeToken();
  #attempt = 0;
  #heardAt = Date.now();
  #socket: WebSocket | undefined;
  #timer: number | undefined;

  constructor(view: View<S, U>) {
    this.#view = view;
  }

  useToken(token: string): void {
    this.#token = token;
    rememberToken(token);
    this.#attempt = 0;
    this.connect();
  }

  connect(): void {
    clearTimeout(this.#timer);
    const socket = new WebSocket(addressOf(location.href));
    this.#socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ token: this.#token } satisfies LiveGreeting));
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket) this.#hear(JSON.parse(String(data)) as S | U | LiveRefusal);
    };
    socket.onclose = () => {
      if (socket === this.#socket) this.#lose();
    };
    this.#watch(patienceMilliseconds);
  }

  #hear(message: S | U | LiveRefusal): void {
    this.#heardAt = Date.now();
    this.#watch(silenceMilliseconds);
    switch (message.type) {
      case 'snapshot':
        this.#attempt = 0;
        // A field of this version; another one may have it elsewhere or not at all.
        if (message.version !== liveVersion) return this.#stop({ type: 'outdated' });
        this.#view.show(message);
        this.hearing.value = { type: 'live' };
        break;
      case 'update':
        this.#view.update(message);
        break;
      case 'refusal':
        if (message.reason === 'token') this.#stop({ type: 'unauthorized', hasToken: this.#token !== null });
        else this.hearing.value = { type: 'full' };
        break;
    }
  }

  /** Where nothing comes for so long, the connection is as good as gone. */
  #watch(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#lose(), milliseconds);
  }

  #lose(): void {
    this.#leave();
    const { type } = this.hearing.value;
    if (type === 'live') this.hearing.value = { type: 'gone', since: this.#heardAt };
    else if (type === 'connecting' && this.#attempt > 0) this.hearing.value = { type: 'gone', since: this.#heardAt };
    const delay = retryMilliseconds[Math.min(this.#attempt, retryMilliseconds.length - 1)];
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.connect(), delay);
  }

  /** Until someone does something. */
  #stop(hearing: Hearing): void {
    this.#leave();
    this.hearing.value = hearing;
  }

  #leave(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }
}

/** The address of the coordinator's feed, beside that of the page. */
export function addressOf(page: string): string {
  const address = new URL(`.${livePath}`, page);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}

/** The token of a fragment `#token=…`; null where there is none. */
export const tokenOf = (fragment: string): string | null => new URLSearchParams(fragment.replace(/^#/, '')).get('token');

/** Takes the token out of the address, where it could be seen and copied, or remembers the one of this tab. */
function takeToken(): string | null {
  const token = tokenOf(location.hash);
  if (token !== null) {
    rememberToken(token);
    history.replaceState(history.state, '', location.pathname + location.search);
    return token;
  }
  try {
    return sessionStorage.getItem(storageKey);
  } catch {
    // Some browsers let no page store anything: then the token has to be in the address.
    return null;
  }
}

function rememberToken(token: string): void {
  try {
    sessionStorage.setItem(storageKey, token);
  } catch {
    // It holds until the page is loaded again.
  }
}
