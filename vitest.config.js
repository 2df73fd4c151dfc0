import { defineConfig } from 'vitest/config';

const shared = { setupFiles: ['tests/silent-tests.ts'], globals: false };
/** Of files that a neighbor can only slow down there are as many at work as there are processors. */
const onEveryProcessor = { maxWorkers: '100%' };
/** Real processes, threads, sockets and browsers from dist/. */
const real = { ...shared, testTimeout: 600_000, hookTimeout: 120_000 };
const realTests = ['tests/integration/**/*.test.ts', 'tests/browser/**/*.test.ts'];

/**
 * Tests with real parts that compute, or start one command after another: what they find does not depend on when it happens. Those that
 * kill and freeze processes at chosen moments, or that bound how long something may take, are not among them.
 */
const sideBySide = [
  'analyze',
  'bad-input',
  'doctor',
  'equal-bits',
  'export',
  'node-worker-pool',
  'simulation',
  'verify',
  'webgpu-*',
].map((name) => `tests/integration/${name}.test.ts`);

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...{ ...shared, ...onEveryProcessor, name: 'fast', include: ['tests/**/*.test.ts'], exclude: realTests },
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
