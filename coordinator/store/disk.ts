// What a run's store asks of a disk: a short list of operations, so that a test can stop before, in the middle of and after each one.
//
// What survives a crash, and no more is relied on:
//   - bytes of a file up to its last `sync`; bytes written since may be there, in part or not at all;
//   - names in a folder as of its last `syncFolder`; a name made, replaced or removed since may be the old or the new one.

/** A file that is being written. One operation at a time. */
export interface DiskFile {
  /** Adds bytes at the end. */
  append(bytes: Uint8Array): Promise<void>;
  /** Waits until everything that was written survives a crash. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The right to a folder, until it is released or the process ends, however it ends. */
export interface DiskLock {
  release(): Promise<void>;
}

/** A disk. Operations reject where the disk is full, read-only or gone. */
export interface Disk {
  /** Makes a folder and those above it; one that is there stays as it is. */
  makeFolder(path: string): Promise<void>;
  /** The names in a folder, in no order; undefined where there is no such folder. */
  list(path: string): Promise<readonly string[] | undefined>;
  /** A file's content; undefined where there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** A file's content piece by piece; nothing where there is no such file. */
  readPieces(path: string): AsyncIterable<Uint8Array>;
  /** Opens a file to write at its end, which is its beginning where `empty` is wanted; makes it where there is none. */
  open(path: string, content: 'kept' | 'empty'): Promise<DiskFile>;
  /** Cuts a file to its first bytes. */
  truncate(path: string, byteLength: number): Promise<void>;
  /** Gives a file another name; one that had it is replaced in the same instant. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; one that is not there is no error. */
  remove(path: string): Promise<void>;
  /** Waits until the names in a folder survive a crash. */
  syncFolder(path: string): Promise<void>;
  /** Takes the lock that a file stands for, and makes the file where there is none; undefined where someone else has it. */
  lock(path: string): Promise<DiskLock | undefined>;
}
