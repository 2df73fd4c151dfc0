// A browser's WebSocket that ends soon after it is closed. By itself it waits for the other side's answer, on a network that is gone
// for a minute, and until then nobody hears that it has ended.

import type { WebSocketLike } from '../../protocol/index.js';

/** What is used of a browser's WebSocket. */
export type BrowserSocket = Pick<
  WebSocket,
  'binaryType' | 'bufferedAmount' | 'onmessage' | 'onclose' | 'onerror' | 'send' | 'close'
>;

/** How long the other side may take to answer a close. */
const closeMilliseconds = 2000;
/** What a WebSocket reports that ended without an answer (RFC 6455, section 7.1.5). */
const abnormalClosure = { code: 1006, reason: '' };

/** An open socket that does not wait. */
export class ImpatientSocket implements WebSocketLike {
  onmessage: WebSocketLike['onmessage'] = null;
  onclose: WebSocketLike['onclose'] = null;
  onerror: WebSocketLike['onerror'] = null;
  readonly #socket: BrowserSocket;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(socket: BrowserSocket) {
    this.#socket = socket;
    socket.onmessage = (event) => this.onmessage?.(event);
    socket.onerror = (event) => this.onerror?.(event);
    socket.onclose = (event) => this.#end(event);
  }

  get binaryType(): string {
    return this.#socket.binaryType;
  }

  set binaryType(type: string) {
    this.#socket.binaryType = type === 'arraybuffer' ? type : 'blob';
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    this.#socket.send(data);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    this.#timer ??= setTimeout(() => this.#end(abnormalClosure), closeMilliseconds);
  }

  #end(event: { readonly code: number; readonly reason: string }): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.onclose?.(event);
  }
}
