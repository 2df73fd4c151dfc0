// Finds a Python that has a library: the first on the path often is not the one that the system's packages are for.

import { execFileSync } from 'node:child_process';

const interpreters = ['python3', '/usr/bin/python3', '/usr/local/bin/python3'];
const limitMilliseconds = 60_000;

/** The first interpreter that runs a program without an error, or undefined. */
function findPython(program: string): string | undefined {
  return interpreters.find((interpreter) => {
    try {
      execFileSync(interpreter, ['-c', program], { stdio: 'ignore', timeout: limitMilliseconds });
      return true;
    } catch {
      return false;
    }
  });
}

/** The first interpreter that can import torch, or undefined. */
export const findPytorch = (): string | undefined => findPython('import torch');

/** The first one whose torch has a GPU. */
export const findPytorchOnGpu = (): string | undefined =>
  findPython('import torch; torch.zeros(1).cuda(); torch.cuda.synchronize()');

/** The first one whose jax has a GPU. */
export const findJaxOnGpu = (): string | undefined => findPython('import jax; jax.devices("gpu")[0]');
