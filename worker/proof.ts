// The proof of class: a worker that computes these digests computes exactly, operation by operation and in a whole program.

import type { Proof } from '../protocol/index.js';
import type { Backend, DeviceBackend, Floats } from '../tensor/index.js';
import { conformanceCases, runFixed, runFixedOnDevice } from './conformance.js';
import { proofProgram } from './proof-program.js';

/** Sequences of one group: the smallest microbatch. */
export const caseSequences = 8;
/** Sequences of the proof's microbatch. */
export const proofSequences = 16;

type Sha256 = (bytes: Uint8Array) => string;

/** Runs the conformance vectors and the proof's microbatch on a backend and digests what comes out. */
export function prove(backend: Backend, sha256: Sha256): Proof {
  const results = conformanceCases().map(({ program }) => runFixed(backend, program, caseSequences));
  return digest(results, runFixed(backend, proofProgram(), proofSequences), sha256);
}

/** The same on a device. */
export async function proveDevice(device: DeviceBackend, sha256: Sha256): Promise<Proof> {
  const results: Floats[] = [];
  for (const { program } of conformanceCases()) results.push(await runFixedOnDevice(device, program, caseSequences));
  return digest(results, await runFixedOnDevice(device, proofProgram(), proofSequences), sha256);
}

function digest(results: readonly Floats[], microbatch: Floats, sha256: Sha256): Proof {
  const all = new Float32Array(results.reduce((length, result) => length + result.length, 0));
  let offset = 0;
  for (const result of results) {
    all.set(result, offset);
    offset += result.length;
  }
  return { conformance: sha256(bytesOf(all)), microbatch: sha256(bytesOf(microbatch)) };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Floats): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);
