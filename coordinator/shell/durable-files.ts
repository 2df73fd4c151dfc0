// Files that survive a crash at any instant: written whole under a temporary name and renamed, or appended line by line.

import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Puts bytes in place of a file at once: before, the old ones are there, afterwards the new ones, never parts. */
export async function replaceFile(path: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = `${path}.partial`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await file.close();
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Makes new names in a folder survive a crash. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A file that grows by lines, which are gathered in memory and written together. One write at a time. */
export class LineFile {
  readonly #file: FileHandle;
  #lines: string[] = [];

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string): Promise<LineFile> {
    return new LineFile(await open(path, 'a'));
  }

  /** Adds a value as a line of JSON. */
  add(value: unknown): void {
    this.#lines.push(JSON.stringify(value));
  }

  /** Writes what was gathered. */
  async flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    const text = `${this.#lines.join('\n')}\n`;
    this.#lines = [];
    await this.#file.appendFile(text);
  }

  /** Writes what was gathered, down to the disk. */
  async sync(): Promise<void> {
    await this.flush();
    await this.#file.datasync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
