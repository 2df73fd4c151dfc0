// What the volunteer has chosen, remembered by this browser alone and for thirty days.

import type { DeviceChoice, Terms } from '../news.js';

/** The volunteer's choices. */
export interface Choices extends Terms {
  readonly stopOnBattery: boolean;
  readonly stopWhenHidden: boolean;
}

/** The part of a browser's storage that is needed. */
export interface ChoiceStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Days for which choices are remembered, from the last change on. */
export const rememberedDays = 30;

const storageKey = 'starling-choices';
const rememberedMilliseconds = rememberedDays * 24 * 60 * 60 * 1000;

const devices: readonly DeviceChoice[] = ['automatic', 'gpu', 'processor'];

/** Shares of a GPU's time that can be chosen: multiples of this. */
export const dutyStepPercent = 10;

/** The choices of someone who has made none: half of the processors or of a GPU's time, and none of a battery. */
export function defaultChoices(processorCount: number): Choices {
  const threadCount = Math.max(1, Math.floor(processorCount / 2));
  return { device: 'automatic', threadCount, dutyPercent: 50, stopOnBattery: true, stopWhenHidden: false };
}

/** The remembered choices, or the usual ones where there are none, they are too old or not to be read. */
export function recallChoices(storage: ChoiceStorage | undefined, processorCount: number, now: number): Choices {
  const usual = defaultChoices(processorCount);
  try {
    const stored: unknown = JSON.parse(storage?.getItem(storageKey) ?? 'null');
    if (typeof stored !== 'object' || stored === null) return usual;
    const { savedAt, device, threadCount, dutyPercent, stopOnBattery, stopWhenHidden } = stored as Readonly<
      Record<string, unknown>
    >;
    if (typeof savedAt !== 'number' || savedAt > now || now - savedAt > rememberedMilliseconds) {
      storage?.removeItem(storageKey);
      return usual;
    }
    const isDuty = isInteger(dutyPercent, dutyStepPercent) && dutyPercent <= 100 && dutyPercent % dutyStepPercent === 0;
    return {
      device: devices.find((known) => known === device) ?? usual.device,
      threadCount: isInteger(threadCount, 1) ? Math.min(threadCount, processorCount) : usual.threadCount,
      dutyPercent: isDuty ? dutyPercent : usual.dutyPercent,
      stopOnBattery: typeof stopOnBattery === 'boolean' ? stopOnBattery : usual.stopOnBattery,
      stopWhenHidden: typeof stopWhenHidden === 'boolean' ? stopWhenHidden : usual.stopWhenHidden,
    };
  } catch {
    // No JSON, or a browser that lets no page store anything.
    return usual;
  }
}

const isInteger = (value: unknown, least: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= least;

/** Remembers choices, where the browser lets it. */
export function rememberChoices(storage: ChoiceStorage | undefined, choices: Choices, now: number): void {
  try {
    storage?.setItem(storageKey, JSON.stringify({ savedAt: now, ...choices }));
  } catch {
    // Full or forbidden: the choices hold until the tab is closed.
  }
}
