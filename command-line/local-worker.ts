// The headless worker that `starling train` starts beside its coordinator: a process of its own, so that a crashing kernel cannot
// take the run down. It ends when the run is over, and when this process is gone (its standard input closes).

import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DeviceName } from '../node-worker/index.js';
import { tokenVariables } from './tokens.js';

/** How the local worker is started. */
export interface LocalWorkerOptions {
  readonly url: string;
  readonly device: DeviceName;
  readonly threadCount: number;
  /** Whether each thread is a worker of its own. */
  readonly split?: boolean;
  /** What the run wants to hear of its workers. */
  readonly token: string | undefined;
  /** What a coordinator over TLS shows, whatever name it is for. */
  readonly certificateFile: string | undefined;
  /** Tells what went wrong, and that the worker was started again. */
  readonly warn: (text: string) => void;
  /** The worker ended too often. */
  readonly giveUp: (error: Error) => void;
}

/** A local worker and its successors. */
export interface LocalWorker {
  /** Resolves when the process has ended; kills it if it does not end by itself. */
  close(): Promise<void>;
}

const restartLimit = 5;
const closeMilliseconds = 5000;

/** Starts the worker; one that crashes is started again, a few times. */
export function startLocalWorker(options: LocalWorkerOptions): LocalWorker {
  let closing = false;
  let child = launch(options);
  let restarts = 0;
  const watch = (process: ChildProcess): Promise<void> =>
    new Promise((resolve) => {
      process.once('exit', (code, signal) => {
        resolve();
        if (closing || code === 0) return;
        restarts += 1;
        const how = signal ?? `exit code ${code ?? 'unknown'}`;
        if (restarts > restartLimit)
          return options.giveUp(new Error(`Cannot keep a local worker: it ended ${restarts} times (${how})`));
        options.warn(`The local worker ended (${how}); starting it again`);
        child = launch(options);
        ended = watch(child);
      });
    });
  let ended = watch(child);
  return {
    close: async () => {
      closing = true;
      child.stdin?.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), closeMilliseconds);
      await ended;
      clearTimeout(timer);
    },
  };
}

function launch({ url, device, threadCount, split = false, token, certificateFile }: LocalWorkerOptions): ChildProcess {
  const main = fileURLToPath(new URL('./main.js', import.meta.url));
  const means = ['--device', device, '--threads', String(threadCount)];
  const args = [main, 'worker', url, ...means, '--name', 'local', '--quiet', '--until-stdin-closes'];
  if (split) args.push('--split');
  if (certificateFile !== undefined) args.push('--tls-cert', certificateFile);
  // A worker needs no right to administrate, and the environment is the one place for its own.
  const secrets: readonly string[] = Object.values(tokenVariables);
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !secrets.includes(name)));
  const env = token === undefined ? environment : { ...environment, [tokenVariables.worker]: token };
  // A process group of its own: a Ctrl-C at the terminal reaches the coordinator alone, which then drains.
  return spawn(process.execPath, args, { env, stdio: ['pipe', 'ignore', 'inherit'], detached: true });
}
