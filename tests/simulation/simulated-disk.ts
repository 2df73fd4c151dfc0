// A disk that forgets: what was not synced may be gone after a crash, in whole or in part, and what was being done may be half done.

import { dirname } from 'node:path';
import type { Disk, DiskFile, DiskLock } from '../../coordinator/store/index.js';
import type { Chance } from './chance.js';
import { FileContent } from './file-content.js';

/** An operation that changes the disk. */
export type DiskOperation = 'make-folder' | 'create' | 'append' | 'sync' | 'truncate' | 'rename' | 'remove' | 'sync-folder';

/** Where within an operation the machine stops. */
export type CrashMoment = 'before' | 'amid' | 'after';

/** A disk that does not do what it is asked; of what was to be appended a part may be there nevertheless. */
export interface Refusal {
  readonly reason: 'ENOSPC' | 'EROFS';
  readonly writtenFraction: number;
}

/** What the disk tells the world, and asks it. */
export interface DiskSurroundings {
  /** Called before an operation; the answer says whether the machine stops there, or whether the disk refuses. */
  readonly onOperation: (operation: DiskOperation, path: string) => CrashMoment | Refusal | undefined;
  /** The machine stops. */
  readonly crash: () => void;
  /** Lets an operation take its time in milliseconds; the promise never settles for a process that has died. */
  readonly wait: (milliseconds: number) => Promise<void>;
}

const quickMilliseconds = 0.05;
/** What is not synced yet is what a loss of power most often meets. */
const syncMilliseconds = 3;

interface NameChange {
  readonly folder: string;
  readonly path: string;
  /** Undefined: the name is gone. */
  readonly content: FileContent | undefined;
}

type Perform = (operation: DiskOperation, path: string, act: () => void, bytes?: Uint8Array) => Promise<void>;

/** What lies on the platters, whoever runs. */
export class SimulatedDisk {
  readonly #folders = new Set<string>(['/']);
  readonly #names = new Map<string, FileContent>();
  readonly #durableNames = new Map<string, FileContent>();
  /** Changes of names that no `syncFolder` has covered, each with the names it changes together. */
  #pending: (readonly NameChange[])[] = [];
  readonly #locks = new Set<string>();

  /** The disk as one life of the machine sees it. */
  mount(surroundings: DiskSurroundings): Disk {
    const perform = this.#performer(surroundings);
    return {
      makeFolder: (path) => perform('make-folder', path, () => void this.#folders.add(path)),
      list: async (path) => {
        await surroundings.wait(quickMilliseconds);
        return this.list(path);
      },
      read: async (path) => {
        await surroundings.wait(quickMilliseconds);
        return this.read(path);
      },
      readPieces: (path) => this.#readPieces(path, surroundings),
      open: async (path, content) => {
        if (!this.#names.has(path) || content === 'empty') {
          await perform('create', path, () => this.#link([{ folder: dirname(path), path, content: new FileContent() }]));
        }
        return this.#fileOf(path, perform);
      },
      truncate: (path, byteLength) => perform('truncate', path, () => this.#contentOf(path).truncate(byteLength)),
      rename: (from, to) =>
        perform('rename', to, () => {
          const content = this.#contentOf(from);
          this.#link([
            { folder: dirname(from), path: from, content: undefined },
            { folder: dirname(to), path: to, content },
          ]);
        }),
      remove: (path) =>
        perform('remove', path, () => {
          if (this.#names.has(path)) this.#link([{ folder: dirname(path), path, content: undefined }]);
        }),
      syncFolder: (path) => perform('sync-folder', path, () => this.#syncFolder(path)),
      lock: async (path) => {
        await surroundings.wait(quickMilliseconds);
        return this.#lock(path);
      },
    };
  }

  list(path: string): readonly string[] | undefined {
    if (!this.#folders.has(path)) return undefined;
    const below = [...this.#names.keys(), ...this.#folders].filter((name) => name !== path && dirname(name) === path);
    return below.map((name) => name.slice(path === '/' ? 1 : path.length + 1));
  }

  read(path: string): Uint8Array | undefined {
    return this.#names.get(path)?.bytes();
  }

  /** The names of files in a folder that would survive a crash with all of their content. */
  durableFiles(folder: string): readonly string[] {
    const names = [...this.#durableNames].filter(([path, content]) => dirname(path) === folder && content.isDurable);
    return names.map(([path]) => path.slice(folder.length + 1));
  }

  /** Everything on the disk, to compare: path and content. */
  picture(): ReadonlyMap<string, string> {
    return new Map([...this.#names].map(([path, content]) => [path, Buffer.from(content.bytes()).toString('latin1')]));
  }

  /** Turns one bit over, as old disks do. */
  flipBit(path: string, chance: Chance): void {
    this.#contentOf(path).flipBit(chance);
  }

  /** The machine stops: names and bytes that were not synced may be lost. Locks are free. */
  crash(chance: Chance): void {
    this.#locks.clear();
    // The journal of a file system keeps the order of what changes names; how far it had come is open.
    const survivingCount = chance.integer(0, this.#pending.length);
    for (const changes of this.#pending.slice(0, survivingCount)) apply(this.#durableNames, changes);
    this.#pending = [];
    this.#names.clear();
    for (const [path, content] of this.#durableNames) this.#names.set(path, content);
    for (const content of new Set(this.#names.values())) content.crash(chance);
  }

  /** The process ends, but not the machine: nothing is lost. */
  release(): void {
    this.#locks.clear();
  }

  #performer({ onOperation, crash, wait }: DiskSurroundings): Perform {
    return async (operation, path, act, bytes) => {
      const stop = onOperation(operation, path);
      if (typeof stop === 'object') {
        await wait(quickMilliseconds);
        if (bytes !== undefined) this.#names.get(path)?.append(bytes.slice(0, Math.floor(bytes.length * stop.writtenFraction)));
        throw new Error(`${stop.reason}: cannot ${operation} ${path}`);
      }
      if (stop === 'before' || (stop === 'amid' && bytes === undefined)) return this.#stopHere(crash);
      if (stop === 'amid' && bytes !== undefined) {
        this.#names.get(path)?.append(bytes.slice(0, bytes.length >> 1));
        return this.#stopHere(crash);
      }
      await wait(operation === 'sync' || operation === 'sync-folder' ? syncMilliseconds : quickMilliseconds);
      act();
      if (stop === 'after') return this.#stopHere(crash);
    };
  }

  #stopHere(crash: () => void): Promise<never> {
    crash();
    return new Promise<never>(() => undefined);
  }

  #fileOf(path: string, perform: Perform): DiskFile {
    const content = this.#contentOf(path);
    return {
      append: (bytes) => perform('append', path, () => content.append(bytes.slice()), bytes),
      sync: () => perform('sync', path, () => content.sync()),
      close: () => Promise.resolve(),
    };
  }

  async *#readPieces(path: string, { wait }: DiskSurroundings): AsyncGenerator<Uint8Array> {
    await wait(quickMilliseconds);
    const bytes = this.read(path);
    if (bytes !== undefined) yield bytes;
  }

  #contentOf(path: string): FileContent {
    const content = this.#names.get(path);
    if (content === undefined) throw new Error(`ENOENT: no such file, '${path}'`);
    return content;
  }

  #link(changes: readonly NameChange[]): void {
    apply(this.#names, changes);
    this.#pending.push(changes);
  }

  #syncFolder(folder: string): void {
    // A journal that comes to one folder's changes has been by everything before them.
    const last = this.#pending.findLastIndex((changes) => changes.some((change) => change.folder === folder));
    for (const changes of this.#pending.slice(0, last + 1)) apply(this.#durableNames, changes);
    this.#pending = this.#pending.slice(last + 1);
  }

  #lock(path: string): DiskLock | undefined {
    if (this.#locks.has(path)) return undefined;
    this.#locks.add(path);
    if (!this.#names.has(path)) this.#link([{ folder: dirname(path), path, content: new FileContent() }]);
    return {
      release: () => {
        this.#locks.delete(path);
        return Promise.resolve();
      },
    };
  }
}

function apply(names: Map<string, FileContent>, changes: readonly NameChange[]): void {
  for (const { path, content } of changes) {
    if (content === undefined) names.delete(path);
    else names.set(path, content);
  }
}
