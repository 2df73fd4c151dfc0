// Every candidate is measured in a process of its own: started with one JSON argument, it answers with one line of JSON.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A program to start. */
export interface Candidate {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A candidate that is one of our modules, named from the folder of this file, with its task. */
export function nodeCandidate(module: string, task: unknown): Candidate {
  const path = fileURLToPath(new URL(`./${module}.js`, import.meta.url));
  return { command: process.execPath, args: [path, JSON.stringify(task)] };
}

/** A file of the repository's benchmarks/ that is not compiled, seen from dist/benchmarks/. */
export const sourcePath = (name: string): string => fileURLToPath(new URL(`../../benchmarks/${name}`, import.meta.url));

/** Runs a candidate to its end and gives what it answers; rejects in one line where it fails or takes too long. */
export async function measureCandidate(candidate: Candidate, limitMilliseconds: number): Promise<unknown> {
  const child = spawn(candidate.command, candidate.args, {
    env: { ...process.env, ...candidate.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMilliseconds);
  const end = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal === null ? `exit code ${code ?? 'unknown'}` : signal));
  });
  clearTimeout(timer);
  if (end === 'exit code 0') return JSON.parse(output.trim().split('\n').at(-1) ?? '');
  if (end === 'SIGKILL') throw new Error(`Cannot measure: found no answer after ${Math.round(limitMilliseconds / 1000)} s`);
  throw new Error(`Cannot measure: ${end} found, ${reasonIn(complaints)}`);
}

/** The line of an error's trace that says what went wrong. */
function reasonIn(complaints: string): string {
  const lines = complaints.split('\n').map((line) => line.trim());
  return (
    lines.findLast((line) => /^[\w.]*(Error|Exception)\b/.test(line)) ??
    lines.findLast((line) => line !== '') ??
    'no reason given'
  );
}

/** The task that a candidate's module was started with. */
export function readTask(): unknown {
  return JSON.parse(process.argv[2] ?? '');
}

/** A candidate's answer, and its end: libraries may have left threads behind. */
export function giveAnswer(answer: unknown): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
}
