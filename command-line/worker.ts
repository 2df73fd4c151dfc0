// starling worker URL: a headless worker on this machine.

import { availableParallelism, hostname } from 'node:os';
import { trustedCertificate } from './tls.js';
import { givenToken, tokenVariables } from './tokens.js';
import { startNodeWorker, type DeviceName } from '../node-worker/index.js';
import { CommandError, exitCodes, type ExitCode } from './exit-codes.js';
import { onInterruption } from './interruption.js';
import { software } from './software.js';

/** Options of `starling worker`. */
export interface WorkerCommandOptions {
  readonly threads?: number;
  readonly name?: string;
  readonly tokenFile?: string;
  readonly tlsCert?: string;
  readonly device: DeviceName;
  readonly connectTimeout: number;
  readonly reconnectTimeout?: number;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly untilStdinCloses: boolean;
  readonly split: boolean;
}

/** Works until the run is over, the worker is drained, or it is refused; gives the exit code. */
export async function runWorker(url: string, options: WorkerCommandOptions): Promise<ExitCode> {
  checkAddress(url);
  const token = givenToken(options.tokenFile, process.env, tokenVariables.worker);
  const certificate = options.tlsCert === undefined ? undefined : trustedCertificate(options.tlsCert);
  const threadCount = options.threads ?? defaultThreadCount(options.device);
  const say = (text: string): void => {
    if (!options.quiet) process.stderr.write(`${text}\n`);
  };
  const name = options.name ?? `${hostname()}-${process.pid}`;
  say(`Worker ${name}: ${options.device}, ${threadCount} ${threadCount === 1 ? 'thread' : 'threads'}, ${url}`);
  const abort = new AbortController();
  const worker = startNodeWorker({
    url,
    threadCount,
    name,
    split: options.split,
    device: options.device,
    software,
    ...(token === undefined ? {} : { token: token.value }),
    ...(certificate === undefined ? {} : { certificate }),
    times: {
      connectMilliseconds: options.connectTimeout * 1000,
      ...(options.reconnectTimeout === undefined ? {} : { reconnectMilliseconds: options.reconnectTimeout * 1000 }),
    },
    signal: abort.signal,
    // Also where little is wanted to be said: it is not what was asked for.
    onFallback: (text) => process.stderr.write(`${text}\n`),
    log: (level, text) => {
      say(level === 'warning' ? `Warning: ${text}` : text);
    },
  });
  const undo = onInterruption(() => {
    say('Finishing the current lease; press Ctrl-C again to stop at once.');
    worker.drain();
  });
  if (options.untilStdinCloses) process.stdin.on('close', () => abort.abort()).resume();
  const outcome = await worker.done;
  undo();
  if (options.untilStdinCloses) process.stdin.destroy();
  if (options.json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
  switch (outcome.type) {
    case 'finished':
      say(`The run is over: ${outcome.reason}, parameters ${outcome.parametersSha256}`);
      return exitCodes.success;
    case 'drained':
    case 'stopped':
      say('Left the run.');
      return exitCodes.success;
    case 'failed':
      process.stderr.write(`${outcome.message} [${outcome.code}]\n`);
      if (outcome.code === 'unauthorized') say(`The token belongs in ${tokenVariables.worker}, or in a file: --token-file FILE.`);
      return exitCodes.refused;
  }
}

/** All processors; one is left to the process that drives a GPU beside them. */
export function defaultThreadCount(device: DeviceName): number {
  const count = availableParallelism();
  return device === 'webgpu+wasm' ? Math.max(1, count - 1) : count;
}

function checkAddress(url: string): void {
  const { protocol, hash } = URL.canParse(url) ? new URL(url) : { protocol: '', hash: '' };
  if (hash !== '') {
    // It is not repeated: it may be a volunteers' link, whose token is nobody else's business.
    const wanted = `the address alone wanted, and the token in ${tokenVariables.worker} or --token-file`;
    throw new CommandError('address-invalid', exitCodes.usage, `Cannot work: an address with a # found, ${wanted}`);
  }
  if (protocol === 'ws:' || protocol === 'wss:') return;
  throw new CommandError(
    'address-invalid',
    exitCodes.usage,
    `Cannot work for ${url}: no address of a coordinator found, one like ws://127.0.0.1:7117 wanted`,
  );
}
