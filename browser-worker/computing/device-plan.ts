// What a tab computes on: what the volunteer wishes, what there is, and what has been tried.

import type { DeviceChoice, DeviceNews, GpuFailure } from '../news.js';
import type { GpuSight } from './gpu-sight.js';

/** What the plan depends on. */
export interface DeviceFacts {
  readonly choice: DeviceChoice;
  readonly sight: GpuSight;
  /** Why the GPU is not to be tried again; undefined where it may be. */
  readonly failure: GpuFailure | undefined;
  readonly lossCount: number;
}

/** Plans. A GPU in software is used only where someone asks for it: it is slower than the processor without it. */
export function planDevice({ choice, sight, failure, lossCount }: DeviceFacts): DeviceNews {
  if (choice === 'processor') return { type: 'processor', reason: 'chosen' };
  // A card that has failed may be gone for the browser too.
  if (failure !== undefined)
    return { type: 'processor', reason: failure, ...(sight.type === 'found' ? { gpuName: sight.name } : {}) };
  if (sight.type === 'missing') return { type: 'processor', reason: sight.reason };
  const { name, isSoftware } = sight;
  if (choice === 'automatic' && isSoftware) return { type: 'processor', reason: 'software-gpu', gpuName: name };
  return { type: 'gpu', name, isSoftware, lossCount };
}

/** What an error of a stint on a GPU says about the GPU; undefined where the fault lies elsewhere. */
export function gpuFailureOf(code: string): GpuFailure | undefined {
  switch (code) {
    case 'proof-failed':
      return 'gpu-differs';
    case 'program-rejected':
      return 'gpu-too-small';
    case 'compute-failed':
      return 'gpu-failed';
    default:
      return undefined;
  }
}
