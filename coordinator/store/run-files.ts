// The small files of a run that are read again: how it ended, and where its coordinator listens.

import { join } from 'node:path';
import type { Disk } from './disk.js';
import { folderNames } from './run-folder.js';
import type { RunSession } from './run-store.js';

/** How a run ended; undefined where it has not, or where the file is not whole. */
export const readResult = (disk: Disk, folder: string): Promise<Readonly<Record<string, unknown>> | undefined> =>
  readObject(disk, join(folder, folderNames.result));

/** Where the last coordinator of a run listened; undefined where that is not known. */
export async function readSession(disk: Disk, folder: string): Promise<RunSession | undefined> {
  const session = await readObject(disk, join(folder, folderNames.session));
  return typeof session?.['port'] === 'number' && typeof session['host'] === 'string'
    ? (session as unknown as RunSession)
    : undefined;
}

async function readObject(disk: Disk, path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const bytes = await disk.read(path);
  if (bytes === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
