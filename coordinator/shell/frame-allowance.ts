// How much a worker may say. An honest one answers what it is sent: every frame to it allows one from it. Beyond that there is a
// stock, which fills slowly. So no speed of a machine is ever too fast, and nobody can say more than was asked for long.

/** What a connection may send without having been asked. */
export interface FrameRate {
  /** At once; more than one connection is ever waiting to answer. */
  readonly unaskedFrameCount: number;
  /** Again and again. */
  readonly unaskedFramesPerSecond: number;
}

/** The allowance of one connection. */
export class FrameAllowance {
  readonly #rate: FrameRate;
  #left: number;
  #filledAt: number;

  /** `now`: milliseconds of a steady clock, here and below. */
  constructor(rate: FrameRate, now: number) {
    this.#rate = rate;
    this.#left = rate.unaskedFrameCount;
    this.#filledAt = now;
  }

  /** The connection has been sent a frame. */
  grant(): void {
    this.#left = Math.min(this.#rate.unaskedFrameCount, this.#left + 1);
  }

  /** The connection has sent one; false where that is one too many. */
  spend(now: number): boolean {
    const refill = ((now - this.#filledAt) / 1000) * this.#rate.unaskedFramesPerSecond;
    this.#left = Math.min(this.#rate.unaskedFrameCount, this.#left + refill);
    this.#filledAt = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
