// The same parameters, whoever computes: serial on the interpreter and on WASM, a worker of one thread and of two.

import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
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

afterEach(killAll);

describe.each(names)('%s', (name) => {
  it('trains to the same bits on the interpreter and on WASM', () => {
    const config = configurationOf(name, { steps: 3, microbatches: 3, microbatchSize: 16 });
    expect(serialDigest(config, wasmBackend)).toBe(serialDigest(config, interpreter));
  });

  describe.each([16, 64])('microbatches of %i', (microbatchSize) => {
    it.each([1, 3, 8, 13])('%i of them: one and two threads train to the serial bits', async (microbatches) => {
      const config = configurationOf(name, { steps: 20, microbatches, microbatchSize });
      const folder = temporaryFolder();
      const file = writeConfiguration(folder, config);
      const expected = serialDigest(config, wasmBackend);
      for (const threads of ['1', '2']) {
        const result = await runJson(['train', file, '--threads', threads, '--out', join(folder, threads)]);
        expect(result).toMatchObject({ outcome: 'completed', steps: 20, parametersSha256: expected });
      }
    });
  });
});
