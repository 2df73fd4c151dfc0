// Asks the coordinator now and then how the run stands, and so also learns that it is gone where a socket would wait for minutes.

import { readRunSummary, type RunSummary } from '../../protocol/index.js';

/** What one look brought. */
export interface Sight {
  /** Undefined where the coordinator did not answer. */
  readonly run: RunSummary | undefined;
  /** Looks in a row, this one included, that were not answered. */
  readonly failureCount: number;
  /** Whether the answer was that the invitation is missing or wrong. */
  readonly isUninvited: boolean;
}

/** Where it looks, and what it shows to be let in. */
export interface WatchedPlace {
  readonly address: string;
  readonly token: string | undefined;
}

const pauseMilliseconds = 2000;
const answerMilliseconds = 5000;
const refusedStatuses: readonly number[] = [401, 403];

/** Looks at the run every two seconds until it is closed. */
export class RunWatch {
  readonly #place: WatchedPlace;
  readonly #onSight: (sight: Sight) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failureCount = 0;
  #isClosed = false;

  constructor(place: WatchedPlace, onSight: (sight: Sight) => void) {
    this.#place = place;
    this.#onSight = onSight;
    void this.#look();
  }

  /** Ends it. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const found = await this.#ask();
    if (this.#isClosed) return;
    this.#failureCount = found.run === undefined ? this.#failureCount + 1 : 0;
    this.#onSight({ ...found, failureCount: this.#failureCount });
    this.#timer = setTimeout(() => void this.#look(), pauseMilliseconds);
  }

  async #ask(): Promise<Pick<Sight, 'run' | 'isUninvited'>> {
    const { address, token } = this.#place;
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    try {
      const response = await fetch(address, { headers, signal: AbortSignal.timeout(answerMilliseconds) });
      const isUninvited = refusedStatuses.includes(response.status);
      return { run: response.ok ? readRunSummary(await response.json()) : undefined, isUninvited };
    } catch {
      return { run: undefined, isUninvited: false };
    }
  }
}
