// The command that examines the devices of this machine.

import { expect, it } from 'vitest';
import { run, runJson } from './command.js';

interface Found {
  readonly device: string;
  readonly state: 'examined' | 'absent' | 'failed';
  readonly class?: string;
  readonly reason?: string;
  readonly operations?: readonly { readonly name: string }[];
}

it('starling doctor finds WASM exact, and tells a GPU or why there is none', async () => {
  const { devices } = (await runJson(['doctor'])) as { readonly devices: readonly Found[] };
  expect(devices.map(({ device }) => device)).toEqual(['wasm', 'webgpu']);
  const [wasm, webgpu] = devices;
  expect(wasm).toMatchObject({ state: 'examined', class: 'exact' });
  expect(wasm?.operations?.length).toBeGreaterThan(40);
  expect(webgpu?.state).not.toBe('failed');
  expect(webgpu?.class ?? webgpu?.reason).toMatch(/exact|tolerant|Cannot open a GPU/);
});

it('starling doctor shows a line for every operation', async () => {
  const { stdout } = await run(['doctor']);
  expect(stdout).toMatch(/^matmul +equal/m);
  expect(stdout).toMatch(/^wasm: exact/m);
});
