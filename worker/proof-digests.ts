// What the interpreter, which defines the contract, finds (tests/worker/proof.test.ts). Other digests are another contract version.

import type { Proof } from '../protocol/index.js';

/** The proof that every exact worker gives. */
export const expectedProof: Proof = {
  conformance: '5d44da785570ee5e63209b2df5c60c835affa5511f0cf05ce6a5b9d9dd427fba',
  microbatch: 'aa9a53658d2d9082430aa4d620b0ff72f4c61979d51ca1b3f1719c836b72b11b',
};
