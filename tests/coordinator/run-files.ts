// What lies in a run's folder, read as anyone would read it.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type Line = Readonly<Record<string, unknown>>;

/** The logs of a run. */
export const logs = ['contributions.jsonl', 'trajectory.jsonl', 'metrics.jsonl'] as const;

/** The lines of a log. */
export function linesOf(run: string, log: (typeof logs)[number]): readonly Line[] {
  const text = readFileSync(join(run, log), 'utf8').trimEnd();
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as Line);
}

/** The steps of a run's checkpoints, the newest first. */
export function checkpointSteps(run: string): readonly number[] {
  const names = existsSync(join(run, 'checkpoints')) ? readdirSync(join(run, 'checkpoints')) : [];
  const steps = names.flatMap((name) => /^step-(\d+)\.safetensors$/.exec(name)?.[1] ?? []);
  return steps.map(Number).toSorted((a, b) => b - a);
}

/** The path of a step's checkpoint. */
export const checkpointFile = (run: string, step: number): string => join(run, 'checkpoints', `step-${step}.safetensors`);

/** When a coordinator last began to work on a run, and at which step. */
export function sessionOf(run: string): { readonly time: string; readonly firstStep: number } | undefined {
  const file = join(run, 'session.json');
  return existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as { readonly time: string; readonly firstStep: number })
    : undefined;
}

/** The steps that each log of a run has recorded, in the order of its lines: jobs by the step they lead to, evaluations aside. */
export function recordedSteps(run: string): Readonly<Record<'contributions' | 'trajectory' | 'metrics', readonly number[]>> {
  const stepsOf = (lines: readonly Line[]): readonly number[] => lines.map(({ step }) => Number(step));
  const jobs = linesOf(run, 'contributions.jsonl').filter(({ kind }) => kind === 'train');
  return {
    contributions: stepsOf(jobs).map((step) => step + 1),
    trajectory: stepsOf(linesOf(run, 'trajectory.jsonl')),
    metrics: stepsOf(linesOf(run, 'metrics.jsonl').filter(({ type }) => type === 'step')),
  };
}

/** The steps from one to another. */
export const stepsFrom = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** Every file of a folder with its bytes, by its path in there. */
export function filesOf(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path).toString('base64')]));
}
