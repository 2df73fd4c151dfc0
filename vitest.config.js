import { defineConfig } from 'vitest/config';

const shared = { setupFiles: ['tests/silent-tests.ts'], globals: false };
/** Of files that a neighbor can only slow down, as many are at work as there are processors. */
const onEveryProcessor = { maxWorkers: '100%' };
/** Real processes, threads, sockets and browsers from dist/. */
const real = { ...shared, globalSetup: ['tests/fresh-build.ts'], testTimeout: 600_000, hookTimeout: 120_000 };
const realTests = ['tests/integration/**/*.test.ts', 'tests/browser/**/*.test.ts'];

/**
 * Tests with real parts that compute, wait, or start one command after another: what they find does not depend on when it happens. Those
 * that race several processes against each other, or hold them to a second or two, are not among them.
 */
const sideBySide = [
  'integration/{absent-workers,access,analyze,bad-input,doctor,equal-bits,export,lying-worker,node-worker-pool}',
  'integration/{plugins,reproduce,reverse-proxy,simulation,study,tolerant-worker,verify,webgpu-*}',
  'browser/{broken-tab,cut-tab,firefox-tab,study-page}',
].map((files) => `tests/${files}.test.ts`);

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...{ ...shared, ...onEveryProcessor, name: 'fast', include: ['tests/**/*.test.ts'], exclude: realTests },
          // No file leaves anything behind in its process, and to load every module anew for each was a third of the work.
          isolate: false,
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: { ...real, ...onEveryProcessor, name: 'side-by-side', include: sideBySide, sequence: { groupOrder: 1 } },
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
