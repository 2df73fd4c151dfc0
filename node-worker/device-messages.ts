// What is said between a worker and the process of its GPU. Both ends are of one version, so nothing is checked.

import { type AdapterDescription, WebGpuError, type WebGpuErrorCode, type WebGpuOptions } from '../backends/index.js';
import type { Floats, Microbatch, Program } from '../tensor/index.js';

/** What the process is asked to do. An executable is known by the number of the call that compiled it. */
export type DeviceCall =
  | { readonly type: 'open'; readonly options: WebGpuOptions }
  | { readonly type: 'compile'; readonly program: Program }
  | { readonly type: 'load'; readonly executable: number; readonly inputs: Float32Array }
  | { readonly type: 'sum'; readonly executable: number; readonly first: Microbatch; readonly microbatchCount: number }
  | { readonly type: 'closeExecutable'; readonly executable: number }
  | { readonly type: 'close' };

/** A call with its number. */
export interface NumberedCall {
  readonly number: number;
  readonly call: DeviceCall;
}

/** The lengths of a program's vectors. */
export interface Lengths {
  readonly inputLength: number;
  readonly outputLength: number;
}

/** What became of a call. */
export type DeviceAnswer =
  | { readonly number: number; readonly type: 'done'; readonly result: AdapterDescription | Lengths | Floats | undefined }
  | { readonly number: number; readonly type: 'failed'; readonly error: PlainError };

/** An error as plain data: errors lose their class on the way. */
export interface PlainError {
  readonly code?: WebGpuErrorCode;
  readonly message: string;
}

/** An error as it is sent. */
export function plainError(error: unknown): PlainError {
  if (error instanceof WebGpuError) return { code: error.code, message: error.message };
  return { message: error instanceof Error ? error.message : String(error) };
}

/** The error that was sent. */
export const errorOf = ({ code, message }: PlainError): Error =>
  code === undefined ? new RangeError(message) : new WebGpuError(code, message);
