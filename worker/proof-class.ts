// The proof of a computer and the class that follows from it. Equal digests are enough; only where they differ is it asked by how much.

import type { DeviceBackend } from '../tensor/index.js';
import type { Proven } from './computer.js';
import { examine } from './examination.js';
import { proveDevice } from './proof.js';
import { expectedProof } from './proof-digests.js';

/** Runs the proof on a device. Rejects where the device fails. */
export async function proveClass(device: DeviceBackend, sha256: (bytes: Uint8Array) => string): Promise<Proven> {
  const proof = await proveDevice(device, sha256);
  const isExpected = proof.conformance === expectedProof.conformance && proof.microbatch === expectedProof.microbatch;
  if (isExpected) return { proof, arithmetic: 'exact' };
  const { class: arithmetic } = await examine(device);
  // Other digests at first and equal results afterwards: its results cannot be relied on.
  return { proof, arithmetic: arithmetic === 'exact' ? 'unfit' : arithmetic };
}
