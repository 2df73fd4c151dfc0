// The files of the repository as the tidy tests see them: everything that is not installed, built or recorded by a run.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const ignored = new Set(['.git', 'node_modules', 'dist', 'runs', 'coverage', '.cache']);
const text = /\.(tsx?|js|json|md|ya?ml|html|css)$|^(LICENSE|run|\.(gitignore|gitattributes|npmrc|prettierignore))$/;

/** A text file: its path from the root, with forward slashes, and its content. */
export interface TextFile {
  readonly path: string;
  readonly content: string;
}

/** The names of the top-level folders, hidden ones left out. */
export const topLevelFolders: readonly string[] = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !ignored.has(entry.name) && !entry.name.startsWith('.'))
  .map((entry) => entry.name);

/** The paths of all files and folders. */
export const allPaths: readonly string[] = walk('.');

/** All text files but the lock file, which is not written by hand. */
export const textFiles: readonly TextFile[] = allPaths
  .filter((file) => text.test(path.posix.basename(file)) && file !== 'package-lock.json')
  .map((file) => ({ path: file, content: readFileSync(path.join(root, file), 'utf8') }));

/** The content of a text file that has to exist. */
export function contentOf(file: string): string {
  const found = textFiles.find((one) => one.path === file);
  if (found === undefined) throw new Error(`Cannot check ${file}: found no such file, wanted one`);
  return found.content;
}

function walk(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter((entry) => !ignored.has(entry.name))
    .flatMap((entry) => {
      const name = path.posix.join(folder, entry.name);
      return entry.isDirectory() ? [name, ...walk(name)] : [name];
    });
}
