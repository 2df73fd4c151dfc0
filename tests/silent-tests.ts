// A test that prints or warns fails: output hides what matters, and a warning is a defect that nobody has looked at yet.

import { afterEach, beforeEach, expect, vi } from 'vitest';

const methods = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;
let printed: string[] = [];
let restore: (() => void)[] = [];

function noteWarning(warning: Error): void {
  printed.push(`process warning: ${warning.message}`);
}

beforeEach(() => {
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
  process.off('warning', noteWarning);
  for (const undo of restore) undo();
  expect(printed, 'a test neither prints nor warns').toEqual([]);
});
