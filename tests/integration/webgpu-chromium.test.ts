// The contract of backends on the GPU of a real browser.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTrainingProgram } from '../../learning/index.js';
import { expectBitsOfWasm } from '../backends/device-bits.js';
import { learnerOf, models, regression } from '../backends/models.js';
import { testBackend } from '../contract/backend.contract.js';
import type { DeviceBackend } from '../../tensor/index.js';
import { missingBrowser, openChromiumDevice } from './chromium-device.js';
import { mustHaveDevice } from './local-device.js';

if (missingBrowser === undefined) {
  // One browser for all of them; the contract would close it.
  let device: DeviceBackend;
  beforeAll(async () => {
    device = await openChromiumDevice();
  });
  afterAll(() => device.close());

  testBackend('webgpu in Chromium', () => Promise.resolve({ ...device, close: () => Promise.resolve() }));

  describe('every model', () => {
    test.each(Object.entries(models))('%s trains with the bits of WebAssembly', async (_, model) => {
      const microbatch = { key: [1, 2], firstSequence: 24, sequenceCount: 16 } as const;
      const program = buildTrainingProgram(learnerOf(regression, model));
      await expectBitsOfWasm(device, program, { microbatch, microbatchCount: 3 });
    });
  });

  test('a page without a GPU rejects with code webgpu-absent', async () => {
    await expect(openChromiumDevice([])).rejects.toMatchObject({ code: 'webgpu-absent' });
  });
} else if (mustHaveDevice) {
  test('a browser is there', () => {
    expect.fail(missingBrowser);
  });
} else {
  describe.skip(`backend webgpu in Chromium: ${missingBrowser}`, () => {
    test('its contract');
  });
}
