// The contract of backends on a GPU, which Dawn drives in a process of its own.

import { describe, expect, test } from 'vitest';
import { noShaderFusion } from '../../backends/index.js';
import { testBackend } from '../contract/backend.contract.js';
import { findLocalDevice, mustHaveDevice } from './local-device.js';

const { open, missing } = await findLocalDevice();

if (missing === undefined) {
  testBackend('webgpu', () => open());
  testBackend('webgpu, operation by operation', () => open({ fusion: noShaderFusion }));
} else if (mustHaveDevice) {
  test('a GPU is there, or the packages chromium and libvulkan1 for a software device', () => {
    expect.fail(missing);
  });
} else {
  describe.skip(`backend webgpu: ${missing}`, () => {
    test('its contract');
  });
}
