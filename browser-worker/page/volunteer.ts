// The page's state: what the volunteer wants, what the dedicated worker tells, and what follows from both.

import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { proxy, wrap, type ProxyOrClone, type Remote } from 'comlink';
import { runSummaryPath } from '../../protocol/index.js';
import type { TabWorker } from '../computing/tab-worker.js';
import type { TabIdentity, TabNews, Terms } from '../news.js';
import { recallChoices, rememberChoices, type Choices } from './choices.js';
import { recallIdentity, renewIdentity, takeInvitation } from './session.js';
import { addressBar, browserName, processorCount, storageOf, watchBattery, watchVisibility } from './surroundings.js';
import type { Hold } from './words.js';

/** The volunteer's side of the page. */
export interface Volunteer {
  readonly processorCount: number;
  readonly identity: ReadonlySignal<TabIdentity>;
  readonly news: ReadonlySignal<TabNews>;
  readonly choices: ReadonlySignal<Choices>;
  /** Why the tab rests although it has been started; undefined where nothing holds it back. */
  readonly hold: ReadonlySignal<Hold | undefined>;
  /** Undefined where the browser does not tell. */
  readonly isOnBattery: ReadonlySignal<boolean | undefined>;
  readonly start: () => void;
  /** Starts under a new id. */
  readonly startAnew: () => void;
  readonly pause: () => void;
  readonly choose: (change: Partial<Choices>) => void;
}

/** Opens the dedicated worker, which watches the run; it computes nothing before `start`. */
export function openVolunteer(): Volunteer {
  const [storage, session, processors] = [storageOf('local'), storageOf('session'), processorCount()];
  const identity = signal(recallIdentity(session, randomId));
  const choices = signal(recallChoices(storage, processors, Date.now()));
  const news = signal(firstNews());
  const rules = watchRules(choices);
  const parts = { identity: identity.value, terms: termsOf(choices.value), token: takeInvitation(session, addressBar()) };
  const tab = openTabWorker(parts, (latest) => {
    news.value = latest;
  });
  const { wish, isWanted } = rules;
  effect(() => {
    const wanted = isWanted.value;
    if (wish.peek() === 'none') return;
    void tab.then((worker) => (wanted ? worker.start() : worker.pause()));
  });
  effect(() => {
    const terms = termsOf(choices.value);
    void tab.then((worker) => worker.setTerms(terms));
  });
  window.addEventListener('pagehide', () => void tab.then((worker) => worker.leave()));
  window.addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    // A page that comes back from the browser's memory goes on as it was left.
    void tab.then((worker) => worker.setIdentity(identity.peek()));
    if (isWanted.peek()) void tab.then((worker) => worker.start());
  });
  const start = (): void => {
    wish.value = 'work';
    // After its end a run may go on, or the coordinator serve another one.
    if (isWanted.peek()) void tab.then((worker) => worker.start());
  };
  return {
    ...{ processorCount: processors, identity, news, choices, hold: rules.hold, isOnBattery: rules.isOnBattery, start },
    startAnew: () => {
      const fresh = renewIdentity(session, randomId);
      identity.value = fresh;
      void tab.then((worker) => worker.setIdentity(fresh));
      start();
    },
    pause: () => {
      wish.value = 'pause';
    },
    choose: (change) => {
      choices.value = { ...choices.value, ...change };
      rememberChoices(storage, choices.value, Date.now());
    },
  };
}

/** What the volunteer wishes, and whether the rules let it be. */
function watchRules(choices: ReadonlySignal<Choices>) {
  const [isOnBattery, isHidden] = [watchBattery(), watchVisibility()];
  const wish = signal<'none' | 'work' | 'pause'>('none');
  const hold = computed((): Hold | undefined => {
    if (wish.value === 'pause') return 'asked';
    if (choices.value.stopOnBattery && isOnBattery.value === true) return 'battery';
    return choices.value.stopWhenHidden && isHidden.value ? 'hidden' : undefined;
  });
  const isWanted = computed(() => wish.value !== 'none' && hold.value === undefined);
  return { wish, hold, isWanted, isOnBattery };
}

const termsOf = ({ device, threadCount, dutyPercent }: Choices): Terms => ({ device, threadCount, dutyPercent });

interface TabParts {
  readonly identity: TabIdentity;
  readonly terms: Terms;
  readonly token: string | undefined;
}

function openTabWorker(parts: TabParts, onNews: (news: TabNews) => void): Promise<Remote<TabWorker>> {
  const worker = new Worker(new URL('../computing/tab-thread.ts', import.meta.url), { type: 'module' });
  worker.onerror = (event) => {
    event.preventDefault();
    // Nobody knows what it would do next; without it the coordinator gives its leases to others.
    worker.terminate();
    const message = 'A part of this page could not be loaded or has failed. Load the page again.';
    onNews({ ...firstNews(), activity: { type: 'refused', code: 'page-failed', message } });
  };
  const RemoteTabWorker = wrap<typeof TabWorker>(worker);
  // The page lies in a folder below the place where the coordinator takes workers.
  const socketAddress = new URL('../', location.href);
  socketAddress.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  socketAddress.hash = socketAddress.search = '';
  const options = {
    socketAddress: socketAddress.href,
    summaryAddress: new URL(runSummaryPath, new URL('./', location.href)).href,
    software: `starling in ${browserName(navigator.userAgent)}`,
    ...parts,
  };
  const listener: ProxyOrClone<(news: TabNews) => void> = proxy(onNews);
  return new RemoteTabWorker(options, listener);
}

function firstNews(): TabNews {
  const nothing = { sequencesPerSecond: 0, sequenceCount: 0, acceptedCount: 0, run: undefined, isCoordinatorHere: false };
  return {
    ...{ activity: { type: 'idle' }, device: { type: 'unknown' }, proofClass: 'unknown', isUninvited: false },
    ...nothing,
  };
}

function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
