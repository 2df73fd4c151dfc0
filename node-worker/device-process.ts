// The entry of the process that holds a GPU. Dawn takes its whole process down when something goes wrong, so it gets one of its own. It ends
// by message: what is under way comes to its end, then the device is destroyed.

import { createWebGpuBackend, describeAdapter } from '../backends/index.js';
import type { DeviceBackend, DeviceExecutable } from '../tensor/index.js';
import { openDawn } from './dawn.js';
import { type DeviceAnswer, type DeviceCall, type NumberedCall, plainError } from './device-messages.js';

const executables = new Map<number, DeviceExecutable>();
let backend: DeviceBackend | undefined;

function opened(): DeviceBackend {
  if (backend === undefined) throw new TypeError('Cannot use the GPU: it is not open');
  return backend;
}

function executableAt(number: number): DeviceExecutable {
  const executable = executables.get(number);
  if (executable === undefined) throw new TypeError(`Cannot run program ${number}: no such executable found`);
  return executable;
}

type Result = Extract<DeviceAnswer, { readonly type: 'done' }>['result'];

async function perform(number: number, call: DeviceCall): Promise<Result> {
  switch (call.type) {
    case 'open': {
      const device = await openDawn();
      backend = createWebGpuBackend(device, call.options);
      return describeAdapter(device.adapterInfo);
    }
    case 'compile': {
      const executable = await opened().compile(call.program);
      executables.set(number, executable);
      return { inputLength: executable.inputLength, outputLength: executable.outputLength };
    }
    case 'load':
      await executableAt(call.executable).load(call.inputs);
      return undefined;
    case 'sum':
      return executableAt(call.executable).sum(call.first, call.microbatchCount);
    case 'closeExecutable':
      executableAt(call.executable).close();
      executables.delete(call.executable);
      return undefined;
    case 'close':
      await backend?.close();
      return undefined;
  }
}

/** Calls that have no answer yet. */
const running = new Set<Promise<void>>();

async function answer({ number, call }: NumberedCall): Promise<void> {
  const send = (message: DeviceAnswer): boolean => process.send?.(message) ?? false;
  try {
    send({ number, type: 'done', result: await perform(number, call) });
  } catch (error) {
    send({ number, type: 'failed', error: plainError(error) });
  }
}

process.on('message', (message: NumberedCall) => {
  const task = answer(message);
  running.add(task);
  void task.then(async () => {
    running.delete(task);
    if (message.call.type !== 'close') return;
    await Promise.all(running);
    process.disconnect();
  });
});

// A Ctrl-C at the terminal, or a service manager, reaches this process too; its worker decides what becomes of the lease at hand.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);

// Without its worker the process has nothing left to do; a device that is destroyed lets it end.
process.on('disconnect', () => void backend?.close());
