// A study by the real command: started, stopped by Ctrl-C while something else is measured, and continued, as whoever needs the machine
// meanwhile would do it.

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sourcePath } from './child-process.js';
import { watchThreads } from './thread-times.js';

/** A study of runs that differ in their seed. */
export interface StudyCommand {
  /** What its runs have in common, as in the study's file. */
  readonly base: object;
  readonly runCount: number;
  readonly coreCount: number;
  /** Parts of equal numbers of runs. */
  readonly partCount: number;
  /** Runs before every part, and after the last one, while the study is not at work. */
  readonly beside: () => Promise<void>;
  readonly onPart: (part: number) => void;
}

/** Seconds of the wall's clock, from each start of the command to its end, and of processor time. */
export interface StudyTimes {
  readonly studySeconds: number;
  /** Of the busiest threads, one for each core, which are those that compute; undefined where the system does not tell. */
  readonly threadSeconds: number | undefined;
}

const lookMilliseconds = 500;
/** Of a study that was stopped before its end. */
const stoppedCode = 4;

/** Runs the study to its end. */
export async function timeStudy({ base, runCount, coreCount, partCount, beside, onPart }: StudyCommand): Promise<StudyTimes> {
  const folder = await mkdtemp(path.join(tmpdir(), 'starling-study-'));
  try {
    const [file, out] = [path.join(folder, 'study.yaml'), path.join(folder, 'out')];
    const seeds = Array.from({ length: runCount }, (_, seed) => seed);
    await writeFile(file, JSON.stringify({ name: 'benchmark', base, grid: { seed: seeds } }));
    const args = ['study', file, '--out', out, '--threads', String(coreCount), '--quiet', '--json'];
    const lives: StudyTimes[] = [];
    for (let part = 1; part <= partCount; part++) {
      await beside();
      onPart(part);
      const isEnough = part === partCount ? undefined : completedRuns(out, seeds, Math.floor((part * runCount) / partCount));
      lives.push(await timeLife(args, coreCount, isEnough));
    }
    await beside();
    const { complete } = JSON.parse(await readFile(path.join(out, 'results.json'), 'utf8')) as { complete: boolean };
    if (!complete) throw new Error('Cannot measure the study: runs that have not ended found, none wanted');
    const threads = lives.map(({ threadSeconds }) => threadSeconds);
    return {
      studySeconds: lives.reduce((sum, { studySeconds }) => sum + studySeconds, 0),
      threadSeconds: threads.reduce(
        (sum, seconds) => (sum === undefined || seconds === undefined ? undefined : sum + seconds),
        0,
      ),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Asks whether so many runs are complete. */
function completedRuns(out: string, seeds: readonly number[], wanted: number): () => Promise<boolean> {
  const known = new Set<number>();
  return async () => {
    for (const seed of seeds) {
      if (known.has(seed)) continue;
      const result = await readFile(path.join(out, `seed-${seed}`, 'result.json'), 'utf8').catch(() => '');
      if (result.includes('"outcome": "completed"')) known.add(seed);
    }
    return known.size >= wanted;
  };
}

/** From the command to its end, which Ctrl-C brings about as soon as it is enough. */
async function timeLife(
  args: readonly string[],
  coreCount: number,
  isEnough: (() => Promise<boolean>) | undefined,
): Promise<StudyTimes> {
  const begin = performance.now();
  const command = [sourcePath('../dist/command-line/main.js'), ...args];
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'inherit'] });
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const watch = watchThreads(child.pid ?? 0);
  const timer = setInterval(() => {
    void isEnough?.().then((enough) => {
      if (enough && child.exitCode === null) child.kill('SIGINT');
    });
  }, lookMilliseconds);
  const code = await closed;
  clearInterval(timer);
  const threads = watch.stop();
  const studySeconds = (performance.now() - begin) / 1000;
  // A study may come to its end before it has heard of Ctrl-C.
  const isExpected = code === 0 || (isEnough !== undefined && code === stoppedCode);
  if (!isExpected) throw new Error(`Cannot measure the study: exit code ${code ?? 'unknown'} found, 0 wanted`);
  return { studySeconds, threadSeconds: threads?.slice(0, coreCount).reduce((sum, one) => sum + one, 0) };
}
