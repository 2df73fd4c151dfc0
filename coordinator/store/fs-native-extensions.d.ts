// The part of the package that is used here: locks that the kernel frees when a process ends, however it ends.

declare module 'fs-native-extensions' {
  /** Takes the lock of an open file; false where someone else has it. */
  export function tryLock(descriptor: number): boolean;
  export function unlock(descriptor: number): void;
}
