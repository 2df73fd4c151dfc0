// `starling analyze` on runs of the real command.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { killAll, run, runJson } from './command.js';
import { configurationOf, temporaryFolder, writeConfiguration, type ProgramName } from './configurations.js';

afterEach(killAll);

async function train(program: ProgramName): Promise<string> {
  const folder = temporaryFolder();
  const config = configurationOf(program, { steps: 40, microbatches: 2, microbatchSize: 32 }, { checkpointEvery: 20 });
  const out = join(folder, 'run');
  await runJson(['train', writeConfiguration(folder, config), '--threads', '1', '--out', out]);
  return out;
}

describe('starling analyze', () => {
  it('writes one page without scripts and the numbers beside it, from the newest checkpoint or another', async () => {
    const folder = await train('gated-rnn');
    const newest = await runJson(['analyze', folder]);
    expect(newest).toMatchObject({ step: 40, file: join(folder, 'analysis-step-40.html') });
    const page = readFileSync(join(folder, 'analysis-step-40.html'), 'utf8');
    expect(page.match(/<svg/g)).toHaveLength(12);
    expect(page).not.toMatch(/<script|src=|<link|NaN/);
    const numbers = JSON.parse(readFileSync(join(folder, 'analysis-step-40.json'), 'utf8')) as Record<string, unknown>;
    expect(numbers).toMatchObject({
      neurons: { length: 20 },
      pruned: { tolerancePercent: 10 },
      canonical: null,
      preconditionerOfWeights: { matrix: { length: 3 } },
      answers: { sequenceCount: 8192, alignment: {}, variances: { length: 2 }, comparison: { algorithms: { length: 6 } } },
      parametersSha256: newest['parametersSha256'],
    });
    // So early no neuron is worth ten percent of the loss, but two are worth something.
    const strict = await runJson(['analyze', folder, '--tolerance', '0']);
    expect(strict).toMatchObject({ pruned: { kept: { length: 2 } }, canonical: { kinds: { length: 13 } } });
    expect(readFileSync(join(folder, 'analysis-step-40.html'), 'utf8').match(/<svg/g)).toHaveLength(14);
    expect(await runJson(['analyze', folder, '--step', '20', '--tolerance', '50'])).toMatchObject({ step: 20 });
  });

  it('says which models can be read neuron by neuron, and reads the answers of every other', async () => {
    const folder = await train('lstm');
    const { exitCode, stdout } = await run(['analyze', folder]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Neurons are read of one bare layer of gated-rnn');
    expect(stdout).toContain('10 steps of gradient descent');
    const page = readFileSync(join(folder, 'analysis-step-40.html'), 'utf8');
    expect(page.match(/<svg/g)).toHaveLength(7);
    expect(page).not.toContain('NaN');
  });

  it('shows the curves alone where the task is another', async () => {
    const folder = await train('softmax-attention');
    expect((await run(['analyze', folder])).exitCode).toBe(0);
    expect(readFileSync(join(folder, 'analysis-step-40.html'), 'utf8').match(/<svg/g)).toHaveLength(2);
  });

  it('refuses a step without a checkpoint and a folder that is no run', async () => {
    const folder = await train('linear-attention');
    const refused = await run(['analyze', folder, '--step', '7']);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('checkpoints of steps 20, 40 found, one of step 7 wanted');
    expect((await run(['analyze', join(folder, 'nowhere')])).exitCode).toBe(2);
  });
});
