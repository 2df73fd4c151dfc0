// Faults that are put into a tab's scripts on their way to the browser. They wait for a word on a channel of the browser's own, so
// that a test chooses the moment.

import type { ScriptChange } from './ways.js';
import { evaluate, type Visitor } from './chromium.js';

/** Puts code before the script of one kind of worker. */
export function before(script: 'compute-thread' | 'tab-thread', prelude: string): ScriptChange {
  return (path, content) => (path.includes(`/${script}-`) ? `${prelude}\n${content}` : content);
}

/** Gives the fault's word to all workers of a tab. */
export async function strike(visitor: Visitor): Promise<void> {
  await evaluate(visitor, `new BroadcastChannel('strike').postMessage(null)`);
}

const onStrike = (action: string): string => `new BroadcastChannel('strike').onmessage = () => { ${action} };`;

/** Every device that is open when the word comes is destroyed. */
export const destroyDevices = `
const request = globalThis.GPUAdapter?.prototype.requestDevice;
if (request) GPUAdapter.prototype.requestDevice = async function (...parameters) {
  const device = await request.apply(this, parameters);
  ${onStrike('device.destroy();')}
  return device;
};`;

/** The last bit of the first number that comes back from the device is another one. */
export const flipBits = `
const read = globalThis.GPUBuffer?.prototype.getMappedRange;
if (read) GPUBuffer.prototype.getMappedRange = function (...parameters) {
  const range = read.apply(this, parameters);
  new Uint32Array(range)[0] ^= 1;
  return range;
};`;

/** A device has buffers of so many bytes at most. */
export const limitBuffers = (bytes: number): string => `
for (const name of ['maxBufferSize', 'maxStorageBufferBindingSize']) {
  if (globalThis.GPUSupportedLimits) Object.defineProperty(GPUSupportedLimits.prototype, name, { get: () => ${bytes} });
}`;

/** The browser gives no memory for WebAssembly. */
export const refuseMemory = `
WebAssembly.Memory = class { constructor() { throw new RangeError('WebAssembly.Memory(): could not allocate memory'); } };`;

/** A fault of the script itself, outside of every call. */
export const throwOnStrike = onStrike(`throw new Error('struck');`);

/** A fault of the script as it begins. */
export const throwAtOnce = `throw new Error('broken');`;
