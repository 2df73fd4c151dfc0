// A headless worker: which devices of this machine work for a run, and as how many workers.
// docs/decisions/062-a-gpu-and-a-processor-are-two-workers.md

import { fieldLimits } from '../protocol/index.js';
import { isComputersFault, type WorkerLimits, type WorkerOutcome, type WorkerTimes } from '../worker/index.js';
import type { DeviceProcessOptions } from './device-child.js';
import { gpuOf, threadsOf } from './local-computers.js';
import { WorkerTurns } from './worker-turns.js';

/** What a headless worker may be told to compute with. */
export const deviceNames = ['wasm', 'webgpu', 'webgpu+wasm', 'auto', 'interpreter'] as const;
/** What a headless worker is told to compute with. */
export type DeviceName = (typeof deviceNames)[number];

/** How a headless worker is started. */
export interface NodeWorkerOptions {
  /** ws:// or wss:// address of the coordinator. */
  readonly url: string;
  readonly device: DeviceName;
  /** Threads where the processor computes. */
  readonly threadCount: number;
  /** For people: shown by the coordinator. */
  readonly name: string;
  /** Name and version of this software, for people. */
  readonly software: string;
  readonly token?: string;
  readonly times?: Partial<WorkerTimes>;
  readonly limits?: Partial<WorkerLimits>;
  /** How the process of a GPU is started. */
  readonly gpuProcess?: DeviceProcessOptions;
  /** Ends the worker at once. */
  readonly signal?: AbortSignal;
  /** Hears what it goes on with in place of something that failed, and why that failed. */
  readonly onFallback?: (text: string) => void;
  readonly log?: (level: 'info' | 'warning', text: string) => void;
}

/** A headless worker at work. */
export interface RunningNodeWorker {
  /** How it ended. Never rejects. */
  readonly done: Promise<WorkerOutcome>;
  /** Lets it finish what it computes, give the rest back and leave. */
  drain(): void;
}

/** Starts a headless worker; it connects, works and reconnects by itself until the run is over. */
export function startNodeWorker(options: NodeWorkerOptions): RunningNodeWorker {
  const log = options.log ?? ((): void => undefined);
  const gpu = (isPicky: boolean) => gpuOf({ process: options.gpuProcess, isPicky, log });
  const wasm = threadsOf('wasm', options.threadCount);
  switch (options.device) {
    case 'wasm':
      return new WorkerTurns(options, [wasm]);
    case 'interpreter':
      return new WorkerTurns(options, [threadsOf('interpreter', options.threadCount)]);
    case 'webgpu':
      return new WorkerTurns(options, [gpu(false), wasm]);
    case 'auto':
      return new WorkerTurns(options, [gpu(true), wasm]);
    case 'webgpu+wasm':
      return startBoth(options);
  }
}

function startBoth(options: NodeWorkerOptions): RunningNodeWorker {
  const logOf = (part: string) => (level: 'info' | 'warning', text: string) => options.log?.(level, `${part}: ${text}`);
  // The one that hears that the run is over tells the other, which may not have reached the coordinator yet.
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const optionsOf = (part: string): NodeWorkerOptions => ({
    ...options,
    signal,
    name: `${options.name.slice(0, fieldLimits.workerNameLength - part.length - 1)}-${part}`,
    log: logOf(part),
  });
  const gpu = new WorkerTurns(optionsOf('gpu'), [gpuOf({ process: options.gpuProcess, isPicky: false, log: logOf('gpu') })]);
  const cpu = new WorkerTurns(optionsOf('cpu'), [threadsOf('wasm', options.threadCount)]);
  void gpu.done.then((outcome) => {
    if (isComputersFault(outcome)) options.onFallback?.(`Going on with WASM alone: ${outcome.message} [${outcome.code}]`);
  });
  const both = [cpu.done, gpu.done];
  for (const done of both) {
    void done.then(({ type }) => {
      if (type === 'finished') over.abort();
    });
  }
  return {
    done: Promise.all(both).then(bestOf),
    drain: () => {
      gpu.drain();
      cpu.drain();
    },
  };
}

/** How a pair ended: with the run, if one of them knows. */
function bestOf(outcomes: readonly WorkerOutcome[]): WorkerOutcome {
  const isGood = ({ type }: WorkerOutcome): boolean => type !== 'failed';
  const best = outcomes.find(({ type }) => type === 'finished') ?? outcomes.find(isGood) ?? outcomes[0];
  return best ?? { type: 'stopped' };
}
