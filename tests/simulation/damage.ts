// Where bits have flipped on the disk, and what that excuses: as little as possible.

import { manifestName } from '../../coordinator/store/index.js';
import type { Chance } from './chance.js';
import { runFolder } from './simulated-coordinator.js';
import type { SimulatedDisk } from './simulated-disk.js';

/** A part of the run's folder that can be looked into by itself. */
export type FolderPart = 'trajectory' | 'contributions' | 'metrics' | 'checkpoints';

/** The files in which a bit has really flipped, below the run's folder. */
export class Damage {
  readonly #files = new Set<string>();

  /** Whether anything was hit: then the run may be refused. */
  get isThere(): boolean {
    return this.#files.size > 0;
  }

  /** Whether something was hit that a run is continued from: then it may fall behind, and must warn. */
  get isInState(): boolean {
    return [...this.#files].some((file) => file !== manifestName);
  }

  hasHit(part: FolderPart): boolean {
    return [...this.#files].some((file) => file === `${part}.jsonl` || file.startsWith(`${part}/`));
  }

  /** Turns a bit over in a file, or in the last file of a folder; nothing happens where there is none, or nothing in it. */
  flipBit(disk: SimulatedDisk, name: string, chance: Chance): void {
    const last = disk.list(`${runFolder}/${name}`)?.toSorted().at(-1);
    const file = last === undefined ? name : `${name}/${last}`;
    const path = `${runFolder}/${file}`;
    if ((disk.read(path) ?? []).length === 0) return;
    disk.flipBit(path, chance);
    this.#files.add(file);
  }
}
