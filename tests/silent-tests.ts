// A test that prints or warns fails: output hides what matters, and a warning is a defect that nobody has looked at yet. Of tests that run
// at the same time all fail, for nobody knows which of them it was.

import { afterEach, beforeEach, expect, vi } from 'vitest';

const methods = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;
let runningCount = 0;
let printed: string[] = [];
let restore: (() => void)[] = [];

function noteWarning(warning: Error): void {
  printed.push(`process warning: ${warning.message}`);
}

beforeEach(() => {
  runningCount += 1;
  if (runningCount > 1) return;
  printed = [];
  process.on('warning', noteWarning);
  restore = methods.map((method) => {
    const spy = vi.spyOn(console, method).mockImplementation((...values: unknown[]) => {
      printed.push(`console.${method}: ${values.map(String).join(' ')}`);
    });
    return () => spy.mockRestore();
  });
});

afterEach(() => {
  runningCount -= 1;
  if (runningCount === 0) {
    process.off('warning', noteWarning);
    for (const undo of restore) undo();
  }
  expect(printed, 'a test neither prints nor warns').toEqual([]);
});
