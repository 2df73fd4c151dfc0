// A study in PyTorch, one process on each core, as one that takes turns with others.

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { sourcePath } from '../child-process.js';
import { type Contestant, startGroup } from '../turns.js';

/** What all runs have in common. */
export interface PytorchTask {
  readonly stepCount: number;
  readonly batchSize: number;
  readonly hidden: number;
  readonly contextLength: number;
  readonly inputDimension: number;
  readonly outputDimension: number;
  readonly learningRate: number;
}

/** Processes that have chosen their form and wait for a word. */
export interface PreparedPytorch {
  readonly version: string;
  readonly form: string;
  start(): Contestant;
  /** After its end. Throws where a run has not learned. */
  finish(): Promise<void>;
}

interface Ready {
  readonly version: string;
  readonly form: string;
}

interface Answer {
  /** Before and after, by run. */
  readonly heldOutLosses: readonly (readonly [number, number])[];
}

interface Process {
  readonly child: ChildProcess;
  readonly ready: Ready;
  readonly answer: Promise<Answer>;
}

/** Starts the processes, and waits until each has found out which form is the fastest. */
export async function preparePytorch(
  python: string,
  { runCount, coreCount, ...task }: PytorchTask & { readonly runCount: number; readonly coreCount: number },
): Promise<PreparedPytorch> {
  const folder = await mkdtemp(path.join(tmpdir(), 'starling-pytorch-'));
  const seeds = Array.from({ length: coreCount }, (_, process) => process * runCount);
  const processes = await Promise.all(seeds.map((firstSeed) => startProcess(python, { ...task, runCount, folder, firstSeed })));
  const [first] = processes;
  if (first === undefined) throw new RangeError('Cannot measure PyTorch: no processes found, at least one wanted');
  const start = (): Contestant => {
    for (const { child } of processes) child.stdin?.write('go\n');
    return {
      processes: processes.map(({ child }) => child),
      end: Promise.all(processes.map(({ answer }) => answer)).then(() => {}),
    };
  };
  const finish = async (): Promise<void> => {
    const answers = await Promise.all(processes.map(({ answer }) => answer));
    await rm(folder, { recursive: true, force: true });
    for (const [before, after] of answers.flatMap(({ heldOutLosses }) => heldOutLosses)) {
      if (!(after < before))
        throw new Error(`Cannot measure PyTorch: held-out losses ${before} and ${after} found, a fall wanted`);
    }
  };
  return { ...first.ready, start, finish };
}

/** The linear algebra below PyTorch has threads of its own, which would wait for each other. */
const oneThread = { OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };

async function startProcess(python: string, task: object): Promise<Process> {
  const args = [sourcePath('peers/pytorch-study.py'), JSON.stringify(task)];
  const child = startGroup(python, args, { output: 'pipe', environment: oneThread });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout! });
  const firstLine = once(reader, 'line');
  reader.on('line', (line) => lines.push(line));
  const closed = once(child, 'close').then(([code]): void => {
    if (code !== 0) throw new Error(`Cannot measure PyTorch: exit code ${String(code)} found, 0 wanted`);
  });
  await Promise.race([firstLine, closed]);
  const read = (line: string | undefined): unknown => JSON.parse(line ?? '');
  return { child, ready: read(lines[0]) as Ready, answer: closed.then(() => read(lines[1]) as Answer) };
}
