// What the page learns from the browser: whether it is seen, whether the device runs on its battery, what it is called.

import { signal, type ReadonlySignal } from '@preact/signals';
import type { AddressBar } from './session.js';

/** A battery as browsers that tell of one do. TypeScript's library no longer has it. */
interface BatteryManager extends EventTarget {
  readonly charging: boolean;
}

/** Whether the page is in the background. */
export function watchVisibility(): ReadonlySignal<boolean> {
  const isHidden = signal(document.visibilityState === 'hidden');
  document.addEventListener('visibilitychange', () => {
    isHidden.value = document.visibilityState === 'hidden';
  });
  return isHidden;
}

/** Whether the device runs on its battery; undefined where the browser does not tell. */
export function watchBattery(): ReadonlySignal<boolean | undefined> {
  const isOnBattery = signal<boolean | undefined>(undefined);
  const { getBattery } = navigator as { readonly getBattery?: () => Promise<BatteryManager> };
  getBattery?.call(navigator).then(
    (battery) => {
      const note = (): void => {
        isOnBattery.value = !battery.charging;
      };
      note();
      battery.addEventListener('chargingchange', note);
    },
    // Some browsers have the function and refuse to tell.
    () => undefined,
  );
  return isOnBattery;
}

/** The browser's name and version, as short as it can be told. */
export function browserName(userAgent: string): string {
  const names = [/(Firefox)\/(\d+)/, /(Edg)\/(\d+)/, /(Chrome)\/(\d+)/, /Version\/(\d+).*(Safari)/];
  for (const pattern of names) {
    const match = pattern.exec(userAgent);
    if (match !== null)
      return match
        .slice(1)
        .sort((a, b) => Number(/^\d/.test(a)) - Number(/^\d/.test(b)))
        .join(' ');
  }
  return 'a browser';
}

/** Processors that the browser admits to; one where it does not tell. */
export function processorCount(): number {
  const count: unknown = navigator.hardwareConcurrency;
  return typeof count === 'number' && count >= 1 ? Math.min(count, 64) : 1;
}

/** A storage of the browser; undefined where the page may store nothing. */
export function storageOf(kind: 'local' | 'session'): Storage | undefined {
  try {
    return kind === 'local' ? localStorage : sessionStorage;
  } catch {
    // Some browsers throw where a page may store nothing.
    return undefined;
  }
}

/** The page's address, as far as it is the page's own affair. */
export function addressBar(): AddressBar {
  return {
    hash: location.hash,
    replace: (hash) => history.replaceState(null, '', `${location.pathname}${location.search}${hash}`),
  };
}
