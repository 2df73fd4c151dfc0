// The command that examines the devices of this machine.

import { expect, it } from 'vitest';
import { run, runJson, startIn } from './command.js';
import { deviceEnvironment, findLocalDevice } from './local-device.js';

const { missing } = await findLocalDevice();

interface Found {
  readonly device: string;
  readonly state: 'examined' | 'absent' | 'failed';
  readonly class?: string;
  readonly reason?: string;
  readonly adapter?: {
    readonly vendor: string;
    readonly architecture: string;
    readonly description: string;
    readonly isSoftware: boolean;
  };
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

it.skipIf(missing !== undefined)('starling doctor names the GPU and says whether it is one', async () => {
  const { stdout, exitCode } = await startIn({ command: deviceEnvironment() }, ['doctor', '--json']).finished;
  expect(exitCode).toBe(0);
  const { devices } = JSON.parse(stdout) as { readonly devices: readonly Found[] };
  const adapter = devices[1]?.adapter;
  expect(devices[1]).toMatchObject({ device: 'webgpu', state: 'examined', class: 'exact' });
  expect(typeof adapter?.isSoftware).toBe('boolean');
  expect(`${adapter?.vendor ?? ''}${adapter?.architecture ?? ''}${adapter?.description ?? ''}`).not.toBe('');
});

it('starling doctor shows a line for every operation', async () => {
  const { stdout } = await run(['doctor']);
  expect(stdout).toMatch(/^matmul +equal/m);
  expect(stdout).toMatch(/^wasm: exact/m);
});
