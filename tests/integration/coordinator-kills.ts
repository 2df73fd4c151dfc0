// A run whose coordinator is killed again and again, at moments chosen by its progress and by chance, and continued each time, while its
// workers stay and come back by themselves.

import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { RunConfig } from '../../learning/index.js';
import { start, until } from './command.js';
import { writeConfiguration } from './configurations.js';
import { checkpointSteps, sessionOf } from '../coordinator/run-files.js';
import { serve, untilStep } from './served-run.js';

/** What is to happen to a run. */
export interface KillPlan {
  readonly config: RunConfig;
  /** The folder of the run's configuration and of the run. */
  readonly folder: string;
  readonly killCount: number;
  readonly workerCount: number;
  /** Uniform in [0, 1). */
  readonly chance: () => number;
  readonly onKill?: (kill: Kill, index: number) => void;
}

/** A kill, and how the run went on. */
export interface Kill {
  /** Whether the coordinator was killed again before it listened. */
  readonly isDouble: boolean;
  /** Steps that were known to be committed before it. */
  readonly step: number;
  /** The newest checkpoint that it left. */
  readonly checkpointStep: number;
  /** Where the next coordinator went on. */
  readonly firstStep: number;
  /** From the start of the next coordinator's process to its first committed step. */
  readonly continuedMilliseconds: number;
}

/** A run that has ended, and what happened to it. */
export interface SurvivedRun {
  /** The run's folder. */
  readonly run: string;
  readonly kills: readonly Kill[];
  readonly exitCode: number | null;
  readonly outcome: string;
  readonly parametersSha256: string;
  readonly workerExitCodes: readonly (number | null)[];
  /** How often each worker has joined. */
  readonly joinCounts: readonly number[];
}

/** Chance of a second kill while the run is opened again, and how long after its beginning at most. */
const doubleKill = { chance: 0.2, milliseconds: 600 };
/** After a kill's step was seen it comes within this time. */
const killMilliseconds = 30;
const continueLimitMilliseconds = 60_000;

/** What may lie behind the newest checkpoint on the disk: four that wait for it, one that is being written, and the steps since. */
export const repeatedIntervals = 6;

/** Carries the plan out. The run must be long enough for its kills: about a hundred steps for each. */
export async function killCoordinator(plan: KillPlan): Promise<SurvivedRun> {
  const { config, folder, killCount, workerCount, chance, onKill } = plan;
  const run = join(folder, 'run');
  const first = ['coordinator', writeConfiguration(folder, config), '--port', '0', '--out', run, '--json'];
  const resume = ['resume', run, '--threads', '0', '--json'];
  const { command, address } = await serve(first);
  let coordinator = command;
  const workers = Array.from({ length: workerCount }, (_, index) =>
    start(['worker', address, '--threads', '1', '--name', `worker-${index}`]),
  );
  const kills: Kill[] = [];
  while (kills.length < killCount) {
    const target = Math.floor((config.training.steps * (kills.length + chance())) / (killCount + 1));
    await untilStep(address, target);
    await pause(killMilliseconds * chance());
    const step = await untilStep(address, 0);
    coordinator.process.kill('SIGKILL');
    await coordinator.finished;
    const isDouble = chance() < doubleKill.chance;
    if (isDouble) {
      const interrupted = start(resume);
      await pause(doubleKill.milliseconds * chance());
      interrupted.process.kill('SIGKILL');
      await interrupted.finished;
    }
    const checkpointStep = checkpointSteps(run)[0] ?? 0;
    const sessionBefore = sessionOf(run)?.time;
    const startedAt = performance.now();
    coordinator = start(resume);
    await untilStep(address, checkpointStep + 1, continueLimitMilliseconds);
    const continuedMilliseconds = performance.now() - startedAt;
    const { firstStep } = await until('the session is noted', () => {
      const session = sessionOf(run);
      return session?.time === sessionBefore ? undefined : session;
    });
    const kill = { isDouble, step, checkpointStep, firstStep, continuedMilliseconds };
    kills.push(kill);
    onKill?.(kill, kills.length);
  }
  const { exitCode, signal, stdout, stderr } = await coordinator.finished;
  if (stdout === '') throw new Error(`Cannot read the result: exit code ${exitCode}, signal ${signal}, ${stderr}`);
  const { outcome, parametersSha256 } = JSON.parse(stdout) as Pick<SurvivedRun, 'outcome' | 'parametersSha256'>;
  // A worker that was on its way back when the run ended has nobody to tell it so, and would knock for ever: it is asked to leave.
  for (const { process, stderr } of workers) {
    const isKnocking = (): boolean => stderr().trimEnd().split('\n').at(-1)?.includes('no connection') === true;
    await until('a worker ends or knocks in vain', () => (process.exitCode !== null || isKnocking() ? true : undefined));
    if (process.exitCode === null) process.kill('SIGINT');
  }
  const ended = await Promise.all(workers.map(({ finished }) => finished));
  return {
    ...{ run, kills, exitCode, outcome, parametersSha256 },
    workerExitCodes: ended.map((worker) => worker.exitCode),
    joinCounts: ended.map(({ stderr }) => stderr.split('joined run').length - 1),
  };
}
