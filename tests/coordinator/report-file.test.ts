// The page in one file, as it lies in a run's folder afterwards.

import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCoordinator } from '../../coordinator/shell/index.js';
import { reportOf } from '../../coordinator/shell/report-file.js';
import { readStaticFiles } from '../../coordinator/shell/static-files.js';
import type { LiveSnapshot } from '../../protocol/index.js';
import { startScriptedWorker } from './scripted-worker.js';
import { smallRun } from './small-run.js';
import { nonFiniteAnswerTo } from './toy-run.js';

const script = 'const end = "</script>"; const other = `$& $1`;';

/** A page as the bundler makes it. */
function pageFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'starling-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(
    join(folder, 'index.html'),
    [
      '<head><meta charset="utf-8" /><link rel="icon" type="image/svg+xml" href="./assets/starling-a1b2c3d4.svg" />',
      '<script type="module" crossorigin src="./assets/index-a1b2c3d4.js"></script>',
      '<link rel="stylesheet" crossorigin href="./assets/index-a1b2c3d4.css"></head><body><div id="page"></div></body>',
    ].join('\n'),
  );
  writeFileSync(join(folder, 'assets', 'index-a1b2c3d4.js'), script);
  writeFileSync(join(folder, 'assets', 'index-a1b2c3d4.css'), 'body{}');
  return folder;
}

const savedIn = (report: string): LiveSnapshot => {
  const [, data = ''] = /<script type="application\/json" id="saved">(.*?)<\/script>/s.exec(report) ?? [];
  return JSON.parse(data) as LiveSnapshot;
};

test('reportOf() holds scripts, styles and state, and a policy that lets nothing else run', () => {
  const text = 'Worker </script><b>$& has joined';
  const snapshot = { type: 'snapshot', events: [{ text }] } as unknown as LiveSnapshot;
  const report = reportOf(readStaticFiles(pageFolder()), snapshot) ?? '';
  expect(savedIn(report)).toEqual(snapshot);
  const [, inlined = ''] = /<script type="module">(.*?)<\/script>/s.exec(report) ?? [];
  expect(inlined).toBe(script.replace('</script>', '<\\/script>'));
  const digest = createHash('sha256').update(inlined).digest('base64');
  expect(report).toContain(
    `<meta charset="utf-8" /><meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-${digest}'`,
  );
  expect(report).toContain('<style>body{}</style>');
  expect(report).not.toMatch(/src=|href=/);
});

test('reportOf() is undefined when there is no page', () => {
  expect(reportOf(new Map(), {} as LiveSnapshot)).toBeUndefined();
});

test.each([
  ['completed', {}],
  ['diverged', { answer: (lease: Parameters<typeof nonFiniteAnswerTo>[0]) => ({ message: nonFiniteAnswerTo(lease) }) }],
] as const)('a run leaves its report beside its result when it has %s', async (outcome, behavior) => {
  const options = await smallRun({ liveFolder: pageFolder() });
  const coordinator = await startCoordinator(options);
  await startScriptedWorker(coordinator.address, 'worker', behavior);
  const result = await coordinator.done;
  expect(result.outcome).toBe(outcome);
  const { progress, run, workers, evaluations, tree } = savedIn(readFileSync(join(options.folder, 'report.html'), 'utf8'));
  expect(progress).toMatchObject({ outcome, step: result.steps, parametersSha256: result.parametersSha256 });
  // Neither an address nor a token.
  expect(run.volunteers).toBeNull();
  expect(JSON.stringify({ run, workers })).not.toContain('127.0.0.1');
  if (outcome !== 'completed') return;
  expect(workers.listed).toMatchObject([{ name: 'worker' }]);
  expect(evaluations.at(-1)).toMatchObject({ step: 6, testLoss: result.evaluations.at(-1)?.summary.testLoss });
  expect(tree).toMatchObject({ step: 5, isCommitted: true });
});

test('a run that is stopped leaves its report too', async () => {
  const options = await smallRun({ liveFolder: pageFolder() });
  const coordinator = await startCoordinator(options);
  await coordinator.stop(0);
  expect(savedIn(readFileSync(join(options.folder, 'report.html'), 'utf8')).progress).toMatchObject({
    outcome: 'stopped',
    step: 0,
  });
});

test('a run ends well when there is no room for its report', async () => {
  const warnings: string[] = [];
  const options = await smallRun({ liveFolder: pageFolder(), onLog: ({ text }) => warnings.push(text) });
  const coordinator = await startCoordinator(options);
  // Where the file would be made there is something else.
  mkdirSync(join(options.folder, 'report.html.partial'));
  await startScriptedWorker(coordinator.address, 'worker');
  expect((await coordinator.done).outcome).toBe('completed');
  expect(warnings).toContainEqual(expect.stringContaining('Cannot write report.html: '));
});
