// A headless worker: which devices of this machine work for a run, and as how many workers.
// docs/decisions/062-a-gpu-and-a-processor-are-two-workers.md

import { fieldLimits } from '../protocol/index.js';
import { isComputersFault, type WorkerLimits, type WorkerOutcome, type WorkerTimes } from '../worker/index.js';
import type { DeviceProcessOptions } from './device-child.js';
import type { BackendName } from './backends-by-name.js';
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
  /** Whether each thread is a worker of its own, for a study: every one then has a run to itself. */
  readonly split?: boolean;
  /** For people: shown by the coordinator. */
  readonly name: string;
  /** Name and version of this software, for people. */
  readonly software: string;
  readonly token?: string;
  /** What the coordinator shows over TLS, whatever name it is for, in PEM. */
  readonly certificate?: string;
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
      return startThreads(options, 'wasm');
    case 'interpreter':
      return startThreads(options, 'interpreter');
    case 'webgpu':
      return new WorkerTurns(options, [gpu(false), wasm]);
    case 'auto':
      return new WorkerTurns(options, [gpu(true), wasm]);
    case 'webgpu+wasm':
      return startBoth(options);
  }
}

/** The processor, as one worker or as one for each thread. */
function startThreads(options: NodeWorkerOptions, backend: BackendName): RunningNodeWorker {
  if (options.split !== true) return new WorkerTurns(options, [threadsOf(backend, options.threadCount)]);
  const parts = Array.from({ length: options.threadCount }, (_, index) => String(index + 1));
  return startTogether(options, parts, (own) => new WorkerTurns(own, [threadsOf(backend, 1)]));
}

function startBoth(options: NodeWorkerOptions): RunningNodeWorker {
  return startTogether(options, ['gpu', 'cpu'], (own, part) => {
    if (part === 'cpu') return startThreads(own, 'wasm');
    const log = own.log ?? ((): void => undefined);
    const gpu = new WorkerTurns(own, [gpuOf({ process: options.gpuProcess, isPicky: false, log })]);
    void gpu.done.then((outcome) => {
      if (isComputersFault(outcome)) options.onFallback?.(`Going on with WASM alone: ${outcome.message} [${outcome.code}]`);
    });
    return gpu;
  });
}

/** Several workers of one process. The one that hears that the run is over tells the others, which may not have reached the coordinator yet. */
function startTogether(
  options: NodeWorkerOptions,
  parts: readonly string[],
  start: (own: NodeWorkerOptions, part: string) => RunningNodeWorker,
): RunningNodeWorker {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const workers = parts.map((part) =>
    start(
      {
        ...options,
        signal,
        name: `${options.name.slice(0, fieldLimits.workerNameLength - part.length - 1)}-${part}`,
        log: (level, text) => options.log?.(level, `${part}: ${text}`),
      },
      part,
    ),
  );
  for (const { done } of workers) {
    void done.then(({ type }) => {
      if (type === 'finished') over.abort();
    });
  }
  return {
    done: Promise.all(workers.map(({ done }) => done)).then(bestOf),
    drain: () => {
      for (const worker of workers) worker.drain();
    },
  };
}

/** How several ended: with the run, if one of them knows. */
function bestOf(outcomes: readonly WorkerOutcome[]): WorkerOutcome {
  const isGood = ({ type }: WorkerOutcome): boolean => type !== 'failed';
  const best = outcomes.find(({ type }) => type === 'finished') ?? outcomes.find(isGood) ?? outcomes[0];
  return best ?? { type: 'stopped' };
}
