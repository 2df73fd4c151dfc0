// The proof of class: a worker that computes these digests computes exactly, operation by operation and in a whole program.

import type { Proof } from '../protocol/index.js';
import type { Backend } from '../tensor/index.js';
import { conformanceCases, runFixed } from './conformance.js';
import { proofProgram } from './proof-program.js';

/** Sequences of one group: the smallest microbatch. */
const caseSequences = 8;
const proofSequences = 16;

/** Runs the conformance vectors and the proof's microbatch on a backend and digests what comes out. */
export function prove(backend: Backend, sha256: (bytes: Uint8Array) => string): Proof {
  const results = conformanceCases().map(({ program }) => runFixed(backend, program, caseSequences));
  const all = new Float32Array(results.reduce((length, result) => length + result.length, 0));
  let offset = 0;
  for (const result of results) {
    all.set(result, offset);
    offset += result.length;
  }
  const microbatch = runFixed(backend, proofProgram(), proofSequences);
  return { conformance: sha256(new Uint8Array(all.buffer)), microbatch: sha256(new Uint8Array(microbatch.buffer)) };
}
