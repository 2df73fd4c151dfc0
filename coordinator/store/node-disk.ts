// The disk of this machine.

import { constants, createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, truncate, type FileHandle } from 'node:fs/promises';
import { tryLock, unlock } from 'fs-native-extensions';
import type { Disk, DiskFile, DiskLock } from './disk.js';

/** Files and folders through Node.js. */
export const nodeDisk: Disk = {
  makeFolder: async (path) => {
    await mkdir(path, { recursive: true });
  },
  list: (path) => unlessAbsent(readdir(path)),
  read: (path) => unlessAbsent(readFile(path)),
  readPieces,
  open: async (path, content) => fileOf(await open(path, content === 'empty' ? 'w' : 'a')),
  truncate: (path, byteLength) => truncate(path, byteLength),
  rename: (from, to) => rename(from, to),
  remove: (path) => rm(path, { force: true }),
  syncFolder: async (path) => {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
  lock,
};

function fileOf(handle: FileHandle): DiskFile {
  return {
    append: (bytes) => handle.appendFile(bytes),
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}

/** A lock of the kernel, freed by whatever ends the process. */
async function lock(path: string): Promise<DiskLock | undefined> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  if (!tryLock(file.fd)) {
    await file.close();
    return undefined;
  }
  return {
    release: async () => {
      unlock(file.fd);
      await file.close();
    },
  };
}

async function* readPieces(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) yield piece as Uint8Array;
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

async function unlessAbsent<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
