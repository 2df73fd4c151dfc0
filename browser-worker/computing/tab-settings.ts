// A tab's settings as a worker: who it says that it is, and how long it waits.

import type { Proof } from '../../protocol/index.js';
import { defaultLimits } from '../../tensor/index.js';
import { defaultLeaseLimits, defaultWorkerTimes, type WorkerSettings } from '../../worker/index.js';
import type { TabIdentity } from '../news.js';
import type { Digest } from './digest.js';

/** What the settings are made from. */
export interface TabFacts {
  readonly identity: TabIdentity;
  readonly backend: 'webgpu' | 'wasm';
  readonly threadCount: number;
  readonly proof: Proof;
  readonly software: string;
  readonly token: string | undefined;
  readonly digest: Digest;
}

/** The settings. */
export function settingsOf({ identity, backend, threadCount, proof, software, token, digest }: TabFacts): WorkerSettings {
  const { workerId, name } = identity;
  const invitation = token === undefined ? {} : { token };
  return {
    // Whatever has other bits than these is given up before it joins.
    identity: {
      workerId,
      workerName: name,
      kind: 'browser',
      backend,
      threadCount,
      software,
      proof,
      arithmetic: 'exact',
      ...invitation,
    },
    // The page came from this coordinator: if it is gone, it will be back.
    times: { ...defaultWorkerTimes, connectMilliseconds: Infinity },
    limits: { program: defaultLimits, ...defaultLeaseLimits },
    sha256: digest,
    random: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
  };
}
