// The GPU that tests run on: the one that the environment names, otherwise SwiftShader, the software device of Debian's chromium, which is the
// same everywhere; otherwise whatever the machine has.

import { existsSync } from 'node:fs';
import type { WebGpuOptions } from '../../backends/index.js';
import type * as NodeWorker from '../../node-worker/index.js';
import type { ChildDevice } from '../../node-worker/index.js';

const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';
const face = new URL('../../dist/node-worker/index.js', import.meta.url).href;

/** Opens a device in a process of its own. */
export type OpenDevice = (webGpu?: WebGpuOptions) => Promise<ChildDevice>;

/** How tests open a device, or why they cannot. */
export interface LocalDevice {
  readonly open: OpenDevice;
  readonly missing?: string;
}

/** Tries to open a device. */
export async function findLocalDevice(vulkanDriver = defaultDriver()): Promise<LocalDevice> {
  const { openDeviceProcess } = (await import(face)) as typeof NodeWorker;
  const driver = vulkanDriver === undefined ? {} : { vulkanDriver };
  const open: OpenDevice = (webGpu = {}) => openDeviceProcess({ ...driver, webGpu });
  try {
    const device = await open();
    await device.close();
    return { open };
  } catch (error) {
    return { open, missing: error instanceof Error ? error.message : String(error) };
  }
}

/** Words before a command with which it finds the same device. */
export function deviceEnvironment(): readonly string[] {
  const driver = defaultDriver();
  return driver === undefined ? [] : ['env', `VK_ICD_FILENAMES=${driver}`, `VK_DRIVER_FILES=${driver}`];
}

/** The Vulkan driver of the software device, where tests run on it. */
export function defaultDriver(): string | undefined {
  const isNamed = process.env['VK_ICD_FILENAMES'] !== undefined || process.env['VK_DRIVER_FILES'] !== undefined;
  return !isNamed && existsSync(swiftShader) ? swiftShader : undefined;
}

/** On a machine that tests every commit a missing device is a failure, elsewhere it is said and the tests are left out. */
export const mustHaveDevice = process.env['CI'] !== undefined;
