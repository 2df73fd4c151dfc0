// What the volunteer has chosen, remembered by this browser alone and for thirty days.

/** The volunteer's choices. */
export interface Choices {
  /** Compute workers: so many processors at most are kept busy. */
  readonly threadCount: number;
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

/** The choices of someone who has made none: half of the processors, and none of a battery. */
export function defaultChoices(processorCount: number): Choices {
  return { threadCount: Math.max(1, Math.floor(processorCount / 2)), stopOnBattery: true, stopWhenHidden: false };
}

/** The remembered choices, or the usual ones where there are none, they are too old or not to be read. */
export function recallChoices(storage: ChoiceStorage | undefined, processorCount: number, now: number): Choices {
  const usual = defaultChoices(processorCount);
  try {
    const stored: unknown = JSON.parse(storage?.getItem(storageKey) ?? 'null');
    if (typeof stored !== 'object' || stored === null) return usual;
    const { savedAt, threadCount, stopOnBattery, stopWhenHidden } = stored as Readonly<Record<string, unknown>>;
    if (typeof savedAt !== 'number' || savedAt > now || now - savedAt > rememberedMilliseconds) {
      storage?.removeItem(storageKey);
      return usual;
    }
    const isCount = typeof threadCount === 'number' && Number.isInteger(threadCount) && threadCount >= 1;
    return {
      threadCount: isCount ? Math.min(threadCount, processorCount) : usual.threadCount,
      stopOnBattery: typeof stopOnBattery === 'boolean' ? stopOnBattery : usual.stopOnBattery,
      stopWhenHidden: typeof stopWhenHidden === 'boolean' ? stopWhenHidden : usual.stopWhenHidden,
    };
  } catch {
    // No JSON, or a browser that lets no page store anything.
    return usual;
  }
}

/** Remembers choices, where the browser lets it. */
export function rememberChoices(storage: ChoiceStorage | undefined, choices: Choices, now: number): void {
  try {
    storage?.setItem(storageKey, JSON.stringify({ savedAt: now, ...choices }));
  } catch {
    // Full or forbidden: the choices hold until the tab is closed.
  }
}
