// A GPU in a process of its own, as a device of this one. Where that process ends, calls reject with code `webgpu-lost`.

import { fork, type ChildProcess } from 'node:child_process';
import { type AdapterDescription, WebGpuError, type WebGpuOptions } from '../backends/index.js';
import type { DeviceExecutable, Floats } from '../tensor/index.js';
import type { LeaseDevice } from '../worker/index.js';
import { type DeviceAnswer, type DeviceCall, errorOf, type Lengths, type NumberedCall } from './device-messages.js';

/** How the process of a GPU is started. */
export interface DeviceProcessOptions {
  readonly webGpu?: WebGpuOptions;
  /** The file that describes a Vulkan driver, where it is not the machine's own. */
  readonly vulkanDriver?: string;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A driver that hangs while it starts is not waited for longer. */
const openMilliseconds = 60_000;
/** What a process wrote before it ended, at most. */
const mostErrorText = 2000;

/** The process of a GPU and the calls that wait for its answers. */
class DeviceProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly exited: Promise<void>;
  #calls = 0;
  #errorText = '';
  #ended: string | undefined;

  constructor({ vulkanDriver }: DeviceProcessOptions) {
    const driver = vulkanDriver === undefined ? {} : { VK_ICD_FILENAMES: vulkanDriver, VK_DRIVER_FILES: vulkanDriver };
    this.#child = fork(new URL('./device-process.js', import.meta.url), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, ...driver },
    });
    this.#child.on('message', (answer: DeviceAnswer) => this.#settle(answer));
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#errorText = `${this.#errorText}${text.toString()}`.slice(-mostErrorText);
    });
    this.exited = new Promise((resolve) => {
      const end = (how: string): void => {
        this.#ended ??= how;
        for (const { reject } of this.#waiting.values()) reject(this.#lostError());
        this.#waiting.clear();
        resolve();
      };
      this.#child.once('error', (error) => end(error.message));
      this.#child.once('exit', (code, signal) => end(signal === null ? `code ${code ?? 'none'}` : `signal ${signal}`));
    });
  }

  /** The number of the next call. */
  get nextNumber(): number {
    return this.#calls;
  }

  call(call: DeviceCall): Promise<unknown> {
    const message: NumberedCall = { number: this.#calls, call };
    this.#calls += 1;
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#lostError());
      this.#waiting.set(message.number, { resolve, reject });
      // A channel that is closed is told by the exit that follows it.
      this.#child.send(message, () => undefined);
    });
  }

  /** Lets the process end by itself. */
  async close(): Promise<void> {
    if (this.#ended === undefined) await this.call({ type: 'close' }).catch(() => undefined);
    await this.exited;
  }

  /** Ends the process by force. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #settle(answer: DeviceAnswer): void {
    const waiting = this.#waiting.get(answer.number);
    this.#waiting.delete(answer.number);
    if (answer.type === 'done') waiting?.resolve(answer.result);
    else waiting?.reject(errorOf(answer.error));
  }

  #lostError(): WebGpuError {
    const said = this.#errorText.trim() === '' ? '' : `: ${this.#errorText.trim()}`;
    return new WebGpuError('webgpu-lost', `Cannot use the GPU: its process has ended with ${this.#ended ?? 'no reason'}${said}`);
  }
}

/** A device that may end at any time. */
export interface ChildDevice extends LeaseDevice {
  readonly adapter: AdapterDescription;
}

/** Opens a GPU in a process of its own. Rejects with code `webgpu-absent` where there is none. */
export async function openDeviceProcess(options: DeviceProcessOptions = {}): Promise<ChildDevice> {
  const child = new DeviceProcess(options);
  const timer = setTimeout(() => child.kill(), openMilliseconds);
  let adapter: AdapterDescription;
  try {
    adapter = (await child.call({ type: 'open', options: options.webGpu ?? {} })) as AdapterDescription;
  } catch (error) {
    await child.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return {
    name: 'webgpu',
    adapter,
    compile: async (program) => {
      const executable = child.nextNumber;
      return executableOf(child, executable, (await child.call({ type: 'compile', program })) as Lengths);
    },
    close: () => child.close(),
    kill: () => child.kill(),
  };
}

function executableOf(child: DeviceProcess, executable: number, { inputLength, outputLength }: Lengths): DeviceExecutable {
  return {
    inputLength,
    outputLength,
    load: async (inputs) => {
      await child.call({ type: 'load', executable, inputs });
    },
    sum: async (first, microbatchCount) => (await child.call({ type: 'sum', executable, first, microbatchCount })) as Floats,
    close: () => {
      child.call({ type: 'closeExecutable', executable }).catch(() => undefined);
    },
  };
}
