// The page's state: what the volunteer wants, what the dedicated worker tells, and what follows from both.

import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { proxy, wrap, type ProxyOrClone, type Remote } from 'comlink';
import { runSummaryPath } from '../../protocol/index.js';
import type { TabWorker } from '../computing/tab-worker.js';
import type { TabNews } from '../news.js';
import { recallChoices, rememberChoices, type Choices } from './choices.js';
import { browserName, processorCount, watchBattery, watchVisibility } from './surroundings.js';
import type { Hold } from './words.js';

/** The volunteer's side of the page. */
export interface Volunteer {
  readonly name: string;
  readonly processorCount: number;
  readonly news: ReadonlySignal<TabNews>;
  readonly choices: ReadonlySignal<Choices>;
  /** Why the tab rests although it has been started; undefined where nothing holds it back. */
  readonly hold: ReadonlySignal<Hold | undefined>;
  /** Undefined where the browser does not tell. */
  readonly isOnBattery: ReadonlySignal<boolean | undefined>;
  readonly start: () => void;
  readonly pause: () => void;
  readonly choose: (change: Partial<Choices>) => void;
}

/** Opens the dedicated worker, which watches the run; it computes nothing before `start`. */
export function openVolunteer(): Volunteer {
  const [storage, processors] = [storageOfPage(), processorCount()];
  const name = `tab-${randomDigits(4)}`;
  const isOnBattery = watchBattery();
  const isHidden = watchVisibility();
  const choices = signal(recallChoices(storage, processors, Date.now()));
  const wish = signal<'none' | 'work' | 'pause'>('none');
  const news = signal(firstNews(choices.value.threadCount));
  const tab = openTabWorker({ name, threadCount: choices.value.threadCount }, (latest) => {
    news.value = latest;
  });
  const hold = computed((): Hold | undefined => {
    if (wish.value === 'pause') return 'asked';
    if (choices.value.stopOnBattery && isOnBattery.value === true) return 'battery';
    return choices.value.stopWhenHidden && isHidden.value ? 'hidden' : undefined;
  });
  const isWanted = computed(() => wish.value !== 'none' && hold.value === undefined);
  effect(() => {
    const wanted = isWanted.value;
    if (wish.peek() === 'none') return;
    void tab.then((worker) => (wanted ? worker.start() : worker.pause()));
  });
  effect(() => {
    const { threadCount } = choices.value;
    void tab.then((worker) => worker.setThreadCount(threadCount));
  });
  window.addEventListener('pagehide', () => void tab.then((worker) => worker.leave()));
  window.addEventListener('pageshow', (event) => {
    // A page that comes back from the browser's memory goes on as it was left.
    if (event.persisted && isWanted.peek()) void tab.then((worker) => worker.start());
  });
  return {
    ...{ name, processorCount: processors, news, choices, hold, isOnBattery },
    start: () => {
      wish.value = 'work';
      // After its end a run may go on, or the coordinator serve another one.
      if (isWanted.peek()) void tab.then((worker) => worker.start());
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

function openTabWorker(
  { name, threadCount }: { readonly name: string; readonly threadCount: number },
  onNews: (news: TabNews) => void,
): Promise<Remote<TabWorker>> {
  const worker = new Worker(new URL('../computing/tab-thread.ts', import.meta.url), { type: 'module' });
  worker.onerror = (event) => {
    event.preventDefault();
    const message = 'A part of this page could not be loaded or has failed. Load the page again.';
    onNews({ ...firstNews(threadCount), activity: { type: 'refused', code: 'page-failed', message } });
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
    ...{ name, threadCount },
  };
  const listener: ProxyOrClone<(news: TabNews) => void> = proxy(onNews);
  return new RemoteTabWorker(options, listener);
}

function firstNews(threadCount: number): TabNews {
  const nothing = { sequencesPerSecond: 0, sequenceCount: 0, acceptedCount: 0, run: undefined, isCoordinatorHere: false };
  return { activity: { type: 'idle' }, proofClass: 'unknown', threadCount, ...nothing };
}

function storageOfPage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    // Some browsers throw where a page may store nothing.
    return undefined;
  }
}

function randomDigits(byteCount: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(byteCount)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
