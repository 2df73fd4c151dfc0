// Asks the coordinator now and then how the run stands, and so also learns that it is gone where a socket would wait for minutes.

import { readRunSummary, type RunSummary } from '../../protocol/index.js';

/** What one look brought. */
export interface Sight {
  /** Undefined where the coordinator did not answer. */
  readonly run: RunSummary | undefined;
  /** Looks in a row, this one included, that were not answered. */
  readonly failureCount: number;
}

const pauseMilliseconds = 2000;
const answerMilliseconds = 5000;

/** Looks at the run every two seconds until it is closed. */
export class RunWatch {
  readonly #address: string;
  readonly #onSight: (sight: Sight) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failureCount = 0;
  #isClosed = false;

  constructor(address: string, onSight: (sight: Sight) => void) {
    this.#address = address;
    this.#onSight = onSight;
    void this.#look();
  }

  /** Ends it. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const run = await this.#ask();
    if (this.#isClosed) return;
    this.#failureCount = run === undefined ? this.#failureCount + 1 : 0;
    this.#onSight({ run, failureCount: this.#failureCount });
    this.#timer = setTimeout(() => void this.#look(), pauseMilliseconds);
  }

  async #ask(): Promise<RunSummary | undefined> {
    try {
      const response = await fetch(this.#address, { signal: AbortSignal.timeout(answerMilliseconds) });
      return response.ok ? readRunSummary(await response.json()) : undefined;
    } catch {
      return undefined;
    }
  }
}
