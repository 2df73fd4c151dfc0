// A file that is written whole: under a temporary name, down to the disk, and then renamed.

import { dirname } from 'node:path';
import type { Disk } from './disk.js';

/** The end of a temporary file's name; one that is left over was never finished. */
export const partialSuffix = '.partial';

/** Puts bytes in place of a file at once: before, the old ones are there, afterwards the new ones, never parts. */
export async function replaceFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}${partialSuffix}`;
  const file = await disk.open(temporary, 'empty');
  try {
    await file.append(bytes);
    await file.sync();
  } catch (error) {
    await file.close();
    await disk.remove(temporary);
    throw error;
  }
  await file.close();
  await disk.rename(temporary, path);
  await disk.syncFolder(dirname(path));
}
