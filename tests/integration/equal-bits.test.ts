// The same parameters, whoever computes: serial on the interpreter and on WASM, a worker of one thread and of two.

import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import type { RunConfig } from '../../learning/index.js';
import { interpreter } from '../../tensor/index.js';
import { killAll, runJson } from './command.js';
import {
  configurationOf,
  programs,
  serialDigest,
  temporaryFolder,
  writeConfiguration,
  type ProgramName,
} from './configurations.js';

const names = Object.keys(programs) as ProgramName[];
const counts = [1, 3, 8, 13];

afterEach(killAll);

/** What one command that trains all of these, one after the other, says of each. */
async function train(configs: readonly RunConfig[], threads: string): Promise<unknown> {
  const files = configs.map((config) => writeConfiguration(temporaryFolder(), config));
  const { runs } = await runJson(['train', ...files, '--threads', threads, '--out', join(temporaryFolder(), 'runs')]);
  return runs;
}

describe.each(names)('%s', (name) => {
  it('trains to the same bits on the interpreter and on WASM', () => {
    const config = configurationOf(name, { steps: 3, microbatches: 3, microbatchSize: 16 });
    expect(serialDigest(config, wasmBackend)).toBe(serialDigest(config, interpreter));
  });

  it.each([16, 64])(
    'microbatches of %i, one, few and many of them: one and two threads train to the serial bits',
    async (microbatchSize) => {
      const configs = counts.map((microbatches) => {
        const config = configurationOf(name, { steps: 20, microbatches, microbatchSize });
        return { ...config, name: `${name}-${microbatches}` };
      });
      const trained = Promise.all([train(configs, '1'), train(configs, '2')]);
      const wanted = configs.map((config) => ({
        ...{ name: config.name, outcome: 'completed', steps: 20 },
        parametersSha256: serialDigest(config, wasmBackend),
      }));
      for (const runs of await trained) expect(runs).toMatchObject(wanted);
    },
  );
});
