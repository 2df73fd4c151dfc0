// A log: a file that grows by lines of JSON in a fixed order. Lines are gathered in memory and written together.

import type { Disk, DiskFile } from './disk.js';

/** A log to add to. One operation at a time. */
export class LogWriter {
  readonly #file: DiskFile;
  /** Of the last line: a run that is continued comes by the same records again, and the log has them already. */
  #position: number;
  #lines: string[] = [];
  /** Whether the disk has everything; of what was there before nothing is known. */
  #isSynced = false;

  private constructor(file: DiskFile, position: number) {
    this.#file = file;
    this.#position = position;
  }

  /** Opens a log whose last line stands for this position. */
  static async open(disk: Disk, path: string, position: number): Promise<LogWriter> {
    return new LogWriter(await disk.open(path, 'kept'), position);
  }

  /** Adds a line, unless the log has gone beyond its position. */
  add(position: number, value: unknown): void {
    if (position <= this.#position) return;
    this.#position = position;
    this.#lines.push(JSON.stringify(value));
  }

  /** Writes what was gathered. */
  async flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    const text = `${this.#lines.join('\n')}\n`;
    this.#lines = [];
    this.#isSynced = false;
    await this.#file.append(Buffer.from(text));
  }

  /** Writes what was gathered, down to the disk. */
  async sync(): Promise<void> {
    await this.flush();
    if (this.#isSynced) return;
    await this.#file.sync();
    this.#isSynced = true;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
