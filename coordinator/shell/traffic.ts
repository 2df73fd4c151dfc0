// How much a coordinator says and hears: counted where frames pass, in constant time.

import type { Accept } from '../../protocol/index.js';

/** Frames and their bytes, both ways, since the beginning. */
export interface TrafficCounts {
  readonly sentMessages: number;
  readonly sentBytes: number;
  readonly receivedMessages: number;
  readonly receivedBytes: number;
}

/** Counts what passes over the connections of a coordinator. */
export class Traffic {
  #sentMessages = 0;
  #sentBytes = 0;
  #receivedMessages = 0;
  #receivedBytes = 0;

  get counts(): TrafficCounts {
    const [sentMessages, sentBytes] = [this.#sentMessages, this.#sentBytes];
    return { sentMessages, sentBytes, receivedMessages: this.#receivedMessages, receivedBytes: this.#receivedBytes };
  }

  /** The same acceptance of connections, counted. */
  counted(accept: Accept): Accept {
    return (connection) => {
      const handlers = accept({
        remote: connection.remote,
        get bufferedBytes() {
          return connection.bufferedBytes;
        },
        send: (frame) => {
          this.#sentMessages += 1;
          this.#sentBytes += frame.byteLength;
          connection.send(frame);
        },
        close: (code, reason) => connection.close(code, reason),
      });
      return {
        onFrame: (frame) => {
          this.#receivedMessages += 1;
          this.#receivedBytes += frame.byteLength;
          handlers.onFrame(frame);
        },
        onClose: (closure) => handlers.onClose(closure),
      };
    };
  }
}
