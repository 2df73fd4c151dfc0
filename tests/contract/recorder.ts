// Handlers that remember what they hear and let a test wait for it.

import type { Accept, Bytes, Closure, Connection } from '../../protocol/index.js';

/** Records one connection's frames and end. */
export class Recorder {
  readonly frames: Bytes[] = [];
  readonly closures: Closure[] = [];
  connection: Connection | undefined;
  readonly #waiting = new Set<() => void>();

  readonly accept: Accept = (connection) => {
    this.connection = connection;
    this.#wake();
    return {
      onFrame: (frame) => {
        this.frames.push(frame);
        this.onFrame(frame);
        this.#wake();
      },
      onClose: (closure) => {
        this.closures.push(closure);
        this.#wake();
      },
    };
  };

  /** Replaced by tests that act on a frame. */
  onFrame: (frame: Bytes) => void = () => {};

  /** The connection, once there is one. */
  async opened(): Promise<Connection> {
    return this.#wait(() => this.connection);
  }

  /** The first `count` frames, once they have come. */
  async received(count: number): Promise<readonly Bytes[]> {
    return this.#wait(() => (this.frames.length >= count ? this.frames : undefined));
  }

  /** The end of the connection, once it has come. */
  async closed(): Promise<Closure> {
    return this.#wait(() => this.closures[0]);
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }

  #wait<T>(read: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const check = (): void => {
        const value = read();
        if (value === undefined) return;
        this.#waiting.delete(check);
        resolve(value);
      };
      this.#waiting.add(check);
      check();
    });
  }
}
