// The logs of a run read beside each other, damaged lines among them.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commitOf, evaluationAt, momentOf, type RunRecord } from '../../coordinator/index.js';
import { nodeDisk, readHistory, type LineRecord, type LogFault } from '../../coordinator/store/index.js';
import { buildPlan } from '../../learning/index.js';
import { recordRun, writeRun } from './recorded-run.js';
import { newFolder, smallConfig } from './small-run.js';

const config = smallConfig();
const plan = buildPlan(config);
const records = recordRun(config);

async function newRun(change?: { readonly file: string; readonly edit: (lines: string[]) => void }): Promise<string> {
  const folder = await newFolder();
  await writeRun(folder, config, records);
  if (change === undefined) return folder;
  const path = join(folder, change.file);
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  change.edit(lines);
  await writeFile(path, lines.map((line) => (line.endsWith('…') ? line.slice(0, -1) : `${line}\n`)).join(''));
  return folder;
}

async function read(folder: string, reach = evaluationAt(6)): Promise<readonly (RunRecord | LogFault)[]> {
  const items: (RunRecord | LogFault)[] = [];
  const request = { folder, plan, digestEvery: 1, keepContributions: true, reach };
  for await (const item of readHistory(nodeDisk, request)) items.push(item);
  return items;
}

const faultsIn = (items: readonly (RunRecord | LogFault)[]): readonly LogFault[] =>
  items.filter((item): item is LogFault => item.type === 'fault');

test('readHistory() gives the records of all logs in the order in which they were made', async () => {
  const items = (await read(await newRun())) as readonly LineRecord[];
  const wanted = records.filter((record) => record.type !== 'checkpoint');
  // Training records the measures of a step before its link; the logs are read in their own order.
  const order = ['contributions', 'trajectory', 'metrics', 'evaluation'];
  const place = (record: LineRecord): number => 10 * momentOf(record) + order.indexOf(record.type);
  expect(items).toEqual(wanted.toSorted((a, b) => place(a) - place(b)));
});

test('readHistory() names line and step of a line that is no JSON, and reads on', async () => {
  const folder = await newRun({ file: 'trajectory.jsonl', edit: (lines) => lines.splice(3, 1, '{"step":3,') });
  const items = await read(folder);
  expect(faultsIn(items)).toEqual([
    {
      ...{ type: 'fault', kind: 'damaged-line', file: 'trajectory.jsonl', lineNumber: 4, step: 3 },
      ...{ found: 'no JSON', wanted: 'the entry after 3 steps', isTorn: false },
    },
  ]);
  expect(items.filter(({ type }) => type === 'trajectory')).toHaveLength(6);
});

test('readHistory() names one line of a chain that is broken by one', async () => {
  const edit = (lines: string[]): void => {
    lines[2] = (lines[2] ?? '').replace(/"parametersSha256":".{8}/, '"parametersSha256":"00000000');
  };
  const faults = faultsIn(await read(await newRun({ file: 'trajectory.jsonl', edit })));
  expect(faults).toMatchObject([{ kind: 'damaged-line', lineNumber: 3, step: 2 }]);
  expect(faults[0]?.found).toContain('does not continue the chain');
});

test.each([
  { file: 'contributions.jsonl', line: 4, step: 2, wanted: 'step 2', found: 'the evaluation after 3 steps' },
  { file: 'metrics.jsonl', line: 6, step: 4, wanted: 'the entry after 4 steps', found: 'the entry after 5 steps' },
])('readHistory() notices a line that $file lacks', async ({ file, line, ...about }) => {
  const folder = await newRun({ file, edit: (lines) => lines.splice(line - 1, 1) });
  expect(faultsIn(await read(folder))).toMatchObject([{ kind: 'missing-lines', file, lineNumber: line, ...about }]);
});

test('readHistory() notices where a log does not reach what stands on it, and a torn end', async () => {
  const edit = (lines: string[]): void => void lines.splice(5, Infinity, '{"kind":"tr…');
  const folder = await newRun({ file: 'contributions.jsonl', edit });
  expect(faultsIn(await read(folder))).toMatchObject([
    { kind: 'damaged-line', lineNumber: 6, isTorn: true },
    { kind: 'missing-lines', lineNumber: 7, found: 'the end of the file' },
  ]);
  expect(faultsIn(await read(folder, commitOf(2)))).toMatchObject([{ kind: 'damaged-line', isTorn: true }]);
});
