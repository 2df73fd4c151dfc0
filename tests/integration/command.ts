// The real command in real processes, started from dist/.

import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The repository's folder: this file runs where it lies, and for the soak from dist/. */
export const repository = ((): string => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
})();

/** The file that node runs. */
export const main = join(repository, 'dist', 'command-line', 'main.js');

/** What a finished command left. */
export interface Finished {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command at work. */
export interface RunningCommand {
  readonly process: ChildProcess;
  readonly finished: Promise<Finished>;
  /** What it has printed on standard error so far. */
  readonly stderr: () => string;
}

const running = new Set<ChildProcess>();

/** Where a command runs. */
export interface Surroundings {
  /** A command that runs the words behind it. */
  readonly command?: readonly string[];
  /** The file that node runs, of another copy of the product. */
  readonly copy?: string;
  /** The number of the user whose process it is. */
  readonly user?: number;
  /** A module that is loaded before the command. */
  readonly preload?: string;
  /** Variables beside those of this process; undefined: one that is not there. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Hears what that module sends. */
  readonly onMessage?: (message: unknown) => void;
}

/** Starts `starling ARGS`. */
export const start = (args: readonly string[]): RunningCommand => startIn({}, args);

/** Starts `starling ARGS` otherwise than from here. */
export function startIn(surroundings: Surroundings, args: readonly string[]): RunningCommand {
  const { command = [], copy = main, user, preload, environment, onMessage } = surroundings;
  const loaded = preload === undefined ? [] : ['--import', pathToFileURL(preload).href];
  const [file = '', ...words] = [...command, process.execPath, ...loaded, copy, ...args];
  const identity = user === undefined ? {} : { uid: user, gid: user };
  const stdio = ['ignore', 'pipe', 'pipe', ...(onMessage === undefined ? [] : (['ipc'] as const))] as const;
  const env = { ...process.env, ...environment };
  const child = spawn(file, words, { stdio: [...stdio], env, ...identity }) as ChildProcessByStdio<null, Readable, Readable>;
  if (onMessage !== undefined) child.on('message', onMessage);
  running.add(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const finished = new Promise<Finished>((resolve) => {
    child.on('close', (exitCode, signal) => {
      running.delete(child);
      resolve({ exitCode, signal, stdout, stderr });
    });
  });
  return { process: child, finished, stderr: () => stderr };
}

/** Runs `starling ARGS` to its end. */
export const run = (args: readonly string[]): Promise<Finished> => start(args).finished;

/** Runs `starling ARGS --json` and reads its one object; shows what was printed if there is none. */
export async function runJson(args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const finished = await run([...args, '--json']);
  try {
    return JSON.parse(finished.stdout) as Readonly<Record<string, unknown>>;
  } catch {
    throw new Error(`starling ${args.join(' ')}: no JSON; exit code ${finished.exitCode}\n${finished.stdout}${finished.stderr}`);
  }
}

/** Kills what a failed test left running. */
export function killAll(): void {
  for (const child of running) {
    child.kill('SIGCONT');
    child.kill('SIGKILL');
  }
}

/** Milliseconds between two probes: few at first, more where it takes seconds, for a probe is work too. */
const [shortestPause, longestPause] = [5, 50];

/** Resolves with the first value that `probe` gives; rejects after the limit. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  limitMilliseconds = 120_000,
): Promise<T> {
  const begin = performance.now();
  let elapsed = 0;
  while (elapsed < limitMilliseconds) {
    const value = await probe();
    if (value !== undefined) return value;
    const pause = Math.min(longestPause, shortestPause + elapsed / 200);
    await new Promise((resolve) => setTimeout(resolve, pause));
    elapsed = performance.now() - begin;
  }
  throw new Error(`Cannot go on: ${what} did not happen within ${limitMilliseconds} ms`);
}
