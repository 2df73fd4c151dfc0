import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';

const shared = { setupFiles: ['tests/silent-tests.ts'], globals: false };
/** Of files that a neighbor can only slow down, as many are at work as there are processors. */
const onEveryProcessor = { maxWorkers: '100%' };
/** One more: what waits for a heartbeat, a process or a browser leaves its processor to others. */
const onEveryProcessorAndOne = { maxWorkers: availableParallelism() + 1 };
const withoutRealParts = {
  ...{ ...shared, ...onEveryProcessor },
  // No file leaves anything behind in its process, and to load every module anew for each was a third of the work.
  isolate: false,
  testTimeout: 20_000,
  sequence: { groupOrder: 0 },
};
/** Real processes, threads, sockets and browsers from dist/. */
const real = { ...shared, globalSetup: ['tests/fresh-build.ts'], testTimeout: 600_000, hookTimeout: 120_000 };
const realTests = ['tests/integration/**/*.test.ts', 'tests/browser/**/*.test.ts'];

/**
 * Tests with real parts that compute, wait, or start one command after another: what they find does not depend on when it happens. Those
 * that race several processes against each other, or hold them to a second or two, are not among them.
 */
const sideBySide = [
  'integration/{absent-workers,access,analyze,bad-input,broken-disk,curriculum,disturbed-run,doctor,equal-bits,export,forgotten-addresses}',
  'integration/{gpu-worker,lying-worker,node-worker-pool,plugins,reproduce,resume,reverse-proxy,simulation,study,tls}',
  'integration/{tolerant-worker,verify,webgpu-*}',
  'browser/{broken-tab,cut-tab,firefox-tab,gpu-tab,live-page,page-life,study-page,study-tabs}',
].map((files) => `tests/${files}.test.ts`);

/**
 * Programs, models and experiments one by one, thousands of cases each: half of the time of all tests without real parts. `npm run check`
 * leaves them to `npm test`, and keeps the contract of the backends and of training.
 */
const thorough = [
  'backends/wasm/{contractions,models,operations,random-programs}',
  'learning/{experiments,models/every-model}',
  'tensor/adjoints',
].map((files) => `tests/${files}.test.ts`);

/** Begun last, one of these would be at work alone at the end: they are begun first, the longest before the others. */
const longTests = [
  ...['simulation', 'equal-bits', 'gpu-tab', 'webgpu-contract', 'webgpu-chromium', 'webgpu-programs', 'cut-tab', 'gpu-worker'],
  ...['experiments', 'operations', 'every-model', 'models'],
];

class LongTestsFirst extends BaseSequencer {
  async sort(files) {
    const sorted = await super.sort(files);
    const named = longTests.flatMap((name) => sorted.filter(({ moduleId }) => basename(moduleId, '.test.ts') === name));
    return [...new Set([...named, ...sorted])];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongTestsFirst },
    projects: [
      { test: { ...withoutRealParts, name: 'fast', include: ['tests/**/*.test.ts'], exclude: [...realTests, ...thorough] } },
      { test: { ...withoutRealParts, name: 'thorough', include: thorough } },
      {
        test: {
          ...{ ...real, ...onEveryProcessorAndOne, name: 'side-by-side', include: sideBySide },
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          // One file at a time, so that their processes do not starve each other.
          ...{ ...real, name: 'one-at-a-time', include: realTests, exclude: sideBySide },
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
    passWithNoTests: false,
  },
});
