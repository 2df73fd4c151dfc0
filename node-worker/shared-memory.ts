// Memory that the threads of one worker share, so that tensors never travel in messages.
//
//   board        i32: the next free task, the last cancelled task, how many children of each merge are done
//   parameters   two vectors: a new one is written while threads may still read the old one
//   results      two vectors: a sum is sent while the threads compute the next one
//   slots        one vector for each task but the first, whose sums go to the result itself

/** Where things lie on the board. */
export const boardLayout = { nextTask: 0, cancelledTask: 1, merges: 2 } as const;

/** The memory of one program. */
export interface ProgramMemory {
  readonly parameters: SharedArrayBuffer;
  readonly results: SharedArrayBuffer;
  readonly slots: SharedArrayBuffer;
}

/** Which of two places is meant. */
export type Side = 0 | 1;

/** The other one of two places. */
export function otherSide(side: Side): Side {
  return side === 0 ? 1 : 0;
}

/** A board for up to `taskCount` tasks. */
export function createBoard(taskCount: number): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(4 * (boardLayout.merges + taskCount)));
}

/** Prepares the board for a task: nothing taken, nothing merged. Only while no thread is computing. */
export function clearBoard(board: Int32Array<SharedArrayBuffer>): void {
  board.fill(0, boardLayout.merges);
  Atomics.store(board, boardLayout.nextTask, 0);
}

/** Vector `index` of `length` floats in shared memory. */
export function vectorAt(memory: SharedArrayBuffer, index: number, length: number): Float32Array {
  return new Float32Array(memory, 4 * index * length, length);
}
