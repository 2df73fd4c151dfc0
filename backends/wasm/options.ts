// What the compiler may do, and how large its results may become. No choice here changes a bit of any result.

/** Optimizations that can be switched off one by one; with all of them off the program runs operation by operation. */
export interface Fusion {
  /** Element-wise operations join the kernel that produces their operand; windows of rows are read in place. */
  readonly elementwise: boolean;
  /** Element-wise operations join the matmul that produces their operand. */
  readonly epilogue: boolean;
  /** Matmuls of one operand share a kernel. */
  readonly siblings: boolean;
  /** A weight gradient with one time step per sequence waits until several groups are there. */
  readonly deferredWeightGradient: boolean;
  /** Runs of kernels over many time steps execute a chunk of time at a time. */
  readonly timeChunks: boolean;
  /** A result takes the memory of an operand that is not needed any more. */
  readonly inPlace: boolean;
  /** What nobody can tell from nothing is left out: additions to +0, products by 1, zeros of padding, states that only their own kernel reads. */
  readonly omissions: boolean;
}

/** Everything on. */
export const allFusion: Fusion = {
  elementwise: true,
  epilogue: true,
  siblings: true,
  deferredWeightGradient: true,
  timeChunks: true,
  inPlace: true,
  omissions: true,
};

/** Everything off: the reference form. */
export const noFusion: Fusion = {
  elementwise: false,
  epilogue: false,
  siblings: false,
  deferredWeightGradient: false,
  timeChunks: false,
  inPlace: false,
  omissions: false,
};

/** Limits on a compiled program. */
export interface WasmLimits {
  readonly memoryBytes: number;
  readonly moduleBytes: number;
}

/** A gigabyte of memory and a module of eight megabytes. */
export const defaultWasmLimits: WasmLimits = { memoryBytes: 2 ** 30, moduleBytes: 2 ** 23 };

/** Half of a second-level cache of common size. */
export const defaultChunkBytes = 2 ** 18;

/** Options of the WASM backend; what is left out is at its best. */
export interface WasmOptions {
  readonly fusion?: Partial<Fusion>;
  readonly limits?: Partial<WasmLimits>;
  /** Bytes of a panel that may wait in the cache for the next kernel: the size of time chunks. */
  readonly chunkBytes?: number;
}

/** Stable codes of a program that cannot be compiled or run here. */
export type WasmErrorCode = 'wasm-memory-over-limit' | 'wasm-module-over-limit';

/** A program needs more than the limits of this backend allow. */
export class WasmLimitError extends RangeError {
  readonly code: WasmErrorCode;

  constructor(code: WasmErrorCode, message: string) {
    super(message);
    this.name = 'WasmLimitError';
    this.code = code;
  }
}
