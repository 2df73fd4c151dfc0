// SHA-256 that answers at once and works on insecure origins too: there the browser's own is missing, and it is never synchronous.

import { createSHA256 } from 'hash-wasm';

/** Lower-case hexadecimal SHA-256 of some bytes. */
export type Digest = (bytes: Uint8Array) => string;

/** Loads the function. */
export async function createDigest(): Promise<Digest> {
  const hasher = await createSHA256();
  return (bytes) => hasher.init().update(bytes).digest('hex');
}
