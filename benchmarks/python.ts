// Finds a Python that has PyTorch: the first on the path often is not the one that the system's packages are for.

import { execFileSync } from 'node:child_process';

const interpreters = ['python3', '/usr/bin/python3', '/usr/local/bin/python3'];
const limitMilliseconds = 60_000;

/** The first interpreter that can import torch, or undefined. */
export function findPytorch(): string | undefined {
  return interpreters.find((interpreter) => {
    try {
      execFileSync(interpreter, ['-c', 'import torch'], { stdio: 'ignore', timeout: limitMilliseconds });
      return true;
    } catch {
      return false;
    }
  });
}
