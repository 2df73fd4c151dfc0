// The contract of backends on the GPU of a real browser.

import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { testBackend } from '../contract/backend.contract.js';
import { missingBrowser, openChromiumDevice } from './chromium-device.js';
import { mustHaveDevice } from './local-device.js';

if (missingBrowser === undefined) {
  beforeAll(() => execFileSync('npx', ['tsc', '-b', 'backends'], { stdio: 'pipe' }));
  testBackend('webgpu in Chromium', () => openChromiumDevice());

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
