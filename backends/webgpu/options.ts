// What the WebGPU compiler may do, how much memory it may take, and the errors of a device.

/** Optimizations that can be switched off one by one; with all of them off every operation has a kernel of its own. */
export interface ShaderFusion {
  /** An element-wise operation that one other operation reads is computed where it is read. */
  readonly elementwise: boolean;
  /** Elements at other places are read in place. */
  readonly views: boolean;
}

/** Everything on. */
export const allShaderFusion: ShaderFusion = { elementwise: true, views: true };

/** Everything off: the reference form. */
export const noShaderFusion: ShaderFusion = { elementwise: false, views: false };

/**
 * Arithmetic that breaks the contract on purpose, so that tests see the proof find it: products and sums with one rounding, as on a
 * device that contracts what is not shielded, or no flush.
 */
export type ArithmeticFault = 'contraction' | 'no-flush';

/** Options of the WebGPU backend; what is left out is at its best. */
export interface WebGpuOptions {
  readonly fusion?: Partial<ShaderFusion>;
  /** Bytes of sequence-space values that are computed at once. */
  readonly waveBytes?: number;
  /** A region with a value of so many columns gets a workgroup for 8 sequences; a narrower one an invocation for each sequence. */
  readonly wideRegionColumns?: number;
  readonly fault?: ArithmeticFault;
}

/** A quarter of a gigabyte. */
export const defaultWaveBytes = 2 ** 28;

/** As many columns as a workgroup has invocations for a sequence. */
export const defaultWideRegionColumns = 32;

/** Stable codes of what goes wrong with a device. */
export type WebGpuErrorCode = 'webgpu-absent' | 'webgpu-over-limit' | 'webgpu-lost' | 'webgpu-failed';

/** There is no device, a program does not fit it, it is gone, or it did not do what it was told. */
export class WebGpuError extends Error {
  readonly code: WebGpuErrorCode;

  constructor(code: WebGpuErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'WebGpuError';
    this.code = code;
  }
}
