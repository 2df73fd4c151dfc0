// Where the benchmarks ran and with what.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import type { Circumstances } from './report.js';
import { sourcePath } from './child-process.js';

/** Everything about the machine and the sources that a reader of the numbers has to know, as it is now. */
export function describeMachine(command: string): Circumstances {
  const loadBefore = currentLoad();
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: git('rev-parse', '--short=12', 'HEAD') ?? 'unknown',
    modified: (git('status', '--porcelain', '--untracked-files=no') ?? '') !== '',
    processor: describeProcessor(),
    coreCount: cpus().length,
    memoryBytes: totalmem(),
    loadBefore,
    loadAfter: loadBefore,
    versions: { starling: packageVersion(), 'Node.js': process.versions.node, V8: process.versions.v8 },
    command,
  };
}

/** The machine's load over the last minute. */
export const currentLoad = (): number => loadavg()[0] ?? 0;

/** A virtual machine's model says little; family and model number say which generation it is. */
function describeProcessor(): string {
  const name = cpus()[0]?.model.trim() ?? 'unknown processor';
  try {
    const details = readFileSync('/proc/cpuinfo', 'utf8');
    const detail = (field: string): string => new RegExp(`^${field}\\s*: (.*)$`, 'm').exec(details)?.[1] ?? '?';
    return `${name} (family ${detail('cpu family')}, model ${detail('model')})`;
  } catch {
    return name;
  }
}

function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(sourcePath('../package.json'), 'utf8')) as { readonly version: string };
  return manifest.version;
}

function git(...args: readonly string[]): string | undefined {
  try {
    return execFileSync('git', args, { cwd: sourcePath('..'), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
