// A study by the real command, as one that takes turns with others.

import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sourcePath } from './child-process.js';
import { watchThreads } from './thread-times.js';
import { type Contestant, startGroup } from './turns.js';

/** A study of runs that differ in their seed. */
export interface StudyCommand {
  /** What its runs have in common, as in the study's file. */
  readonly base: object;
  readonly runCount: number;
  readonly coreCount: number;
}

/** A study that can be started. */
export interface PreparedStudy {
  start(): Contestant;
  /**
   * After its end: processor time of its busiest threads, one for each core, which are those that compute; undefined where the system does not
   * tell. Throws where runs have not ended.
   */
  finish(): Promise<number | undefined>;
}

/** Writes a study's file. */
export async function prepareStudy({ base, runCount, coreCount }: StudyCommand): Promise<PreparedStudy> {
  const folder = await mkdtemp(path.join(tmpdir(), 'starling-study-'));
  const [file, out] = [path.join(folder, 'study.yaml'), path.join(folder, 'out')];
  const seeds = Array.from({ length: runCount }, (_, seed) => seed);
  await writeFile(file, JSON.stringify({ name: 'benchmark', base, grid: { seed: seeds } }));
  let watch: ReturnType<typeof watchThreads> | undefined;
  const start = (): Contestant => {
    const main = sourcePath('../dist/command-line/main.js');
    const args = [main, 'study', file, '--out', out, '--threads', String(coreCount), '--quiet', '--json'];
    const child = startGroup(process.execPath, args, { output: 'ignore' });
    watch = watchThreads(child.pid ?? 0);
    return { processes: [child], end: once(child, 'close').then(() => {}) };
  };
  const finish = async (): Promise<number | undefined> => {
    const threads = watch?.stop();
    const results = await readFile(path.join(out, 'results.json'), 'utf8').catch(() => '{}');
    await rm(folder, { recursive: true, force: true });
    const { complete } = JSON.parse(results) as { complete?: boolean };
    if (complete !== true) throw new Error('Cannot measure the study: runs that have not ended found, none wanted');
    return threads?.slice(0, coreCount).reduce((sum, one) => sum + one, 0);
  };
  return { start, finish };
}
