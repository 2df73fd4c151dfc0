// The wall clock may be wrong, and be set while a run goes on: it is for people alone.

import { expect, test } from 'vitest';
import { textFiles } from './repository.js';

const shown = ['browser-worker/page/', 'live-page/page/', 'command-line/', 'benchmarks/', 'experiments/', 'tests/', 'toolchain/'];

test('the wall clock is read where a run or a study is served, and in a worker only to tell a page when it tries again', () => {
  const sources = textFiles.filter((file) => /\.[jt]s$/.test(file.path) && !shown.some((folder) => file.path.startsWith(folder)));
  const readers = sources.filter(({ content }) => /new Date\(\)|Date\.now|Date\(\)/.test(content)).map((file) => file.path);
  expect(readers).toEqual([
    'browser-worker/computing/tab-worker.ts',
    'coordinator/shell/coordinator.ts',
    'coordinator/shell/study-coordinator.ts',
  ]);
});
