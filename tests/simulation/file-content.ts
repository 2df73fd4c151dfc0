// The bytes of a simulated file: those that are on the disk, and those that only the machine's memory has.

import type { Chance } from './chance.js';

/** A file's content, with and without what was not synced. */
export class FileContent {
  #durable: Uint8Array = new Uint8Array(0);
  #current: Uint8Array[] = [];
  #length = 0;
  #isDurable = true;

  /** Whether a crash would leave it as it is. */
  get isDurable(): boolean {
    return this.#isDurable;
  }

  bytes(): Uint8Array {
    const [only, ...others] = this.#current;
    if (only !== undefined && others.length === 0) return only;
    const joined = new Uint8Array(this.#length);
    let offset = 0;
    for (const piece of this.#current) {
      joined.set(piece, offset);
      offset += piece.length;
    }
    this.#current = [joined];
    return joined;
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#current.push(bytes);
    this.#length += bytes.length;
    this.#isDurable = false;
  }

  truncate(byteLength: number): void {
    this.#replace(this.bytes().slice(0, byteLength));
    this.#isDurable = false;
  }

  sync(): void {
    this.#durable = this.bytes();
    this.#isDurable = true;
  }

  flipBit(chance: Chance): void {
    if (this.#length === 0) return;
    const bytes = this.bytes().slice();
    const index = chance.integer(0, bytes.length - 1);
    bytes[index] = (bytes[index] ?? 0) ^ (1 << chance.integer(0, 7));
    this.#replace(bytes);
    if (this.#isDurable) this.#durable = bytes;
  }

  /** Keeps what was synced, and of the rest nothing, a part, a part and zeros behind it, or all. */
  crash(chance: Chance): void {
    if (this.#isDurable) return;
    const written = this.bytes();
    const kept = this.#durable.length;
    if (written.length <= kept || chance.happens(0.25)) return this.#restart(chance.happens(0.5) ? written : this.#durable);
    const survivor = written.slice(0, chance.integer(kept, written.length));
    if (!chance.happens(0.3)) return this.#restart(survivor);
    const withHole = new Uint8Array(chance.integer(survivor.length, written.length));
    withHole.set(survivor);
    this.#restart(withHole);
  }

  #restart(bytes: Uint8Array): void {
    this.#replace(bytes);
    this.#durable = bytes;
    this.#isDurable = true;
  }

  #replace(bytes: Uint8Array): void {
    this.#current = [bytes];
    this.#length = bytes.length;
  }
}
