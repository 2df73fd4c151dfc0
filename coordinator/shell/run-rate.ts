// How fast a run trains: over all of its steps, and lately.

const windowMilliseconds = 5000;
const spacingMilliseconds = 200;

interface Mark {
  readonly milliseconds: number;
  readonly sequences: number;
}

/** Sequences per second of training, evaluations and waiting for the first worker aside. */
export class RunRate {
  /** Marks of the last seconds of training time, the oldest first. */
  #marks: readonly Mark[] = [{ milliseconds: 0, sequences: 0 }];
  #milliseconds = 0;
  #sequences = 0;

  /** Over the whole run; 0 before the first step. */
  get overall(): number {
    return this.#milliseconds === 0 ? 0 : (1000 * this.#sequences) / this.#milliseconds;
  }

  /** Over the last seconds. */
  get recent(): number {
    const oldest = this.#marks[0];
    const milliseconds = this.#milliseconds - (oldest?.milliseconds ?? 0);
    return milliseconds === 0 ? this.overall : (1000 * (this.#sequences - (oldest?.sequences ?? 0))) / milliseconds;
  }

  /** Notes a step. */
  add(sequences: number, milliseconds: number): void {
    this.#sequences += sequences;
    this.#milliseconds += milliseconds;
    if (this.#milliseconds - (this.#marks.at(-1)?.milliseconds ?? 0) < spacingMilliseconds) return;
    const fresh = this.#marks.filter((mark) => this.#milliseconds - mark.milliseconds <= windowMilliseconds);
    this.#marks = [...fresh, { milliseconds: this.#milliseconds, sequences: this.#sequences }];
  }
}
