// Looks whether there is a GPU, without opening it.

import { adapterTitle, describeAdapter } from '../../backends/index.js';

/** What was found. */
export type GpuSight =
  | { readonly type: 'found'; readonly name: string; readonly isSoftware: boolean }
  | { readonly type: 'missing'; readonly reason: 'no-webgpu' | 'insecure-origin' | 'no-adapter' };

/** The part of a browser's WebGPU that is looked at. */
export interface GpuPlace {
  requestAdapter(options?: { readonly powerPreference: 'high-performance' }): Promise<Pick<GPUAdapter, 'info'> | null>;
}

/** A browser whose graphics have stopped may never answer. */
const patienceMilliseconds = 10_000;

const nothingAfter = (milliseconds: number): Promise<null> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(null), milliseconds);
  });

/** Looks. Browsers have WebGPU on secure origins alone. */
export async function lookForGpu(gpu: GpuPlace | undefined, isSecure: boolean): Promise<GpuSight> {
  if (gpu === undefined) return { type: 'missing', reason: isSecure ? 'no-webgpu' : 'insecure-origin' };
  try {
    const adapter = await Promise.race([
      gpu.requestAdapter({ powerPreference: 'high-performance' }),
      nothingAfter(patienceMilliseconds),
    ]);
    if (adapter === null) return { type: 'missing', reason: 'no-adapter' };
    const description = describeAdapter(adapter.info);
    return { type: 'found', name: adapterTitle({ ...description, isSoftware: false }), isSoftware: description.isSoftware };
  } catch {
    return { type: 'missing', reason: 'no-adapter' };
  }
}
