// run.json of other versions, and one that is damaged: refused with a code that says what to do, and nothing is touched.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { CoordinatorOptions } from '../../coordinator/shell/index.js';
import { nodeDisk, readManifest } from '../../coordinator/store/index.js';
import { contractVersion } from '../../protocol/index.js';
import { stoppedRun } from './interrupted-run.js';
import { filesOf } from './run-files.js';

let options: CoordinatorOptions;
let original: string;

beforeAll(async () => {
  options = await stoppedRun();
  original = readFileSync(join(options.folder, 'run.json'), 'utf8');
});

/** Writes run.json anew with these fields, and with the digest that belongs to them. */
function rewrite(fields: Readonly<Record<string, unknown>>): void {
  const written = JSON.parse(original) as Readonly<Record<string, unknown>>;
  const others = Object.entries({ ...written, ...fields }).filter(([name]) => name !== 'sha256');
  const manifest = Object.fromEntries(others);
  const sha256 = createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
  writeFileSync(join(options.folder, 'run.json'), JSON.stringify({ ...manifest, sha256 }));
}

async function refusal(): Promise<unknown> {
  const before = filesOf(options.folder);
  const error: unknown = await readManifest(nodeDisk, options.folder).catch((thrown: unknown) => thrown);
  expect(filesOf(options.folder)).toEqual(before);
  return error;
}

test.each([
  ['a newer folder format', { format: 3 }, /format 3 found, format 2 wanted; the run was written by a newer version$/],
  ['an older folder format', { format: 1 }, /format 1 found, format 2 wanted; the run was written by an older version$/],
  ['a newer numerics contract', { contractVersion: contractVersion + 1 }, /numerics contract 2 .*; .* by a newer version$/],
  ['an older numerics contract', { contractVersion: contractVersion - 1 }, /numerics contract 0 .*; .* by an older version$/],
  ['another numerics profile', { profile: 'fused' }, /numerics contract 1 \(fused\) found, 1 \(strict\) wanted/],
])('readManifest() refuses a run of %s', async (_name, fields, message) => {
  rewrite(fields);
  expect(await refusal()).toMatchObject({ code: 'run-version', message: expect.stringMatching(message) as unknown });
});

test.each([
  ['is cut', (text: string) => text.slice(0, -20)],
  ['is empty', () => ''],
  ['is no JSON', (text: string) => text.replace('{', '<')],
  ['has another seed than was written', (text: string) => text.replace('"seed": 7', '"seed": 8')],
  ['has a flipped bit in its digest', (text: string) => text.replace(/"sha256": "./, '"sha256": "x')],
])('readManifest() refuses a run.json that %s as damaged', async (_name, damage) => {
  writeFileSync(join(options.folder, 'run.json'), damage(original));
  expect(await refusal()).toMatchObject({ code: 'run-damaged' });
});

test('readManifest() reads what was written', async () => {
  writeFileSync(join(options.folder, 'run.json'), original);
  expect((await readManifest(nodeDisk, options.folder)).configuration).toEqual(options.config);
});
