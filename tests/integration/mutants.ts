// Bugs that are planted into a copy of the compiled product, so that the simulation can show that it finds them.

import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A bug: what it does, and the texts of a compiled file that it replaces. */
export interface Mutant {
  readonly name: string;
  /** Below dist/. */
  readonly file: string;
  readonly changes: readonly (readonly [found: string, planted: string])[];
}

const coreFolder = 'coordinator/core';

/** The planted bugs. */
export const mutants: readonly Mutant[] = [
  {
    name: 'a lease counted twice',
    file: `${coreFolder}/work.js`,
    changes: [
      [
        'if (job === undefined || lease === undefined) {',
        `if (job !== undefined && lease === undefined && payload !== undefined) {
            for (const held of job.reduction.held) {
                if (held.begin > message.begin || message.end > held.end || message.jobId !== job.jobId) continue;
                for (let index = 0; index < payload.length; index++) held.sum[index] += payload[index];
            }
        }
        if (job === undefined || lease === undefined) {`,
      ],
    ],
  },
  {
    name: 'siblings merged in the wrong order',
    file: `${coreFolder}/reduction.js`,
    changes: [
      [
        'const parent = parentOf(node, this.#microbatchCount);',
        `const neighbor = [...this.#held.values()].find((held) => held.begin === node.end || held.end === node.begin);
        const parent = neighbor && { begin: Math.min(node.begin, neighbor.begin), end: Math.max(node.end, neighbor.end) };`,
      ],
    ],
  },
  {
    name: 'a stale contribution accepted after a restart',
    file: `${coreFolder}/contribution-check.js`,
    changes: [
      ['if (message.jobId !== job.jobId) {', 'if (false) {'],
      ['if (message.parametersSha256 !== job.request.parametersSha256) {', 'if (false) {'],
    ],
  },
  {
    name: "a volunteer's sum that counts before it is confirmed",
    file: `${coreFolder}/trust.js`,
    changes: [['if (fraction <= 0)', 'if (fraction > 0)']],
  },
  {
    name: 'a checkpoint renamed before it is synced',
    file: 'coordinator/store/replace-file.js',
    changes: [
      ['await disk.rename(temporary, path);', 'await file.sync();'],
      [
        'await file.append(bytes);\n        await file.sync();',
        'await file.append(bytes);\n        await disk.rename(temporary, path);',
      ],
    ],
  },
];

const projectFolder = fileURLToPath(new URL('../../', import.meta.url));

/** Makes a copy of the compiled product with a bug in it, and gives the path of its command. */
export function plant({ name, file, changes }: Mutant): string {
  const folder = join(projectFolder, '.cache/mutants', name.replaceAll(' ', '-'));
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(projectFolder, 'dist'), join(folder, 'dist'), { recursive: true });
  cpSync(join(projectFolder, 'package.json'), join(folder, 'package.json'));
  const path = join(folder, 'dist', file);
  let text = readFileSync(path, 'utf8');
  for (const [found, planted] of changes) {
    if (text.split(found).length !== 2) throw new Error(`Cannot plant '${name}': '${found}' must be in ${file} exactly once`);
    text = text.replace(found, () => planted);
  }
  writeFileSync(path, text);
  return join(folder, 'dist/command-line/main.js');
}
