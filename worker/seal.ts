// A finished sum is tested for divergence and gets its digest in the thread that computed it.

import { isFiniteBits } from '../tensor/index.js';

/** What a contribution says of its sums. */
export interface Seal {
  readonly finite: boolean;
  readonly payloadSha256: string;
}

/** Tests and digests sums. Sums that are not finite are never sent, so their digest is that of no bytes. */
export function sealSums(sums: Float32Array, sha256: (bytes: Uint8Array) => string): Seal {
  const finite = isFiniteBits(sums);
  const bytes = finite ? new Uint8Array(sums.buffer, sums.byteOffset, sums.byteLength) : new Uint8Array(0);
  return { finite, payloadSha256: sha256(bytes) };
}
