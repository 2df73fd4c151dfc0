// Tests with real parts start what lies in dist/: it is built anew where it is out of date, once before all of them.

import { execFileSync } from 'node:child_process';

/** Builds what has changed; the pages are left as they are. */
export function setup(): void {
  execFileSync('npx', ['tsc', '-b'], { stdio: 'pipe' });
}
