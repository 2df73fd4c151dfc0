// What a person gets for a mistake: one line with a code, an exit code, and no harm done.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { killAll, run, runJson, start, until } from './command.js';
import { configurationOf, temporaryFolder, writeConfiguration } from './configurations.js';
import { serve, untilStep } from './served-run.js';

afterEach(killAll);

const small = configurationOf('linear-attention', { steps: 5, microbatches: 2, microbatchSize: 16 });

function configurationFile(): { readonly folder: string; readonly file: string } {
  const folder = temporaryFolder();
  return { folder, file: writeConfiguration(folder, small) };
}

describe('starling train', () => {
  it.each([
    ['an unknown key', 'model.hiden=37', /model\.hiden: an unknown key found, none wanted/],
    ['a wrong type', 'training.steps=many', /training\.steps: "many" found, a (whole )?number wanted/],
    ['an impossible size', 'training.microbatchSize=12', /training\.microbatchSize: 12 found, a multiple of 8 wanted/],
    ['an unknown model', 'model.name=transformer', /model\.name: .*"transformer" found/],
    ['an override that is none', 'steps', /Cannot apply override: "steps" found/],
  ])('refuses %s in one line', async (_, override, message) => {
    const { file } = configurationFile();
    const { exitCode, stdout, stderr } = await run(['train', file, '--set', override]);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(message)]);
    expect(stderr).toMatch(/\[configuration-(invalid|override)\]$/m);
  });

  it('refuses a program over the limits of workers', async () => {
    const { folder, file } = configurationFile();
    const huge = ['--set', 'model={"name":"gated-rnn","hidden":4000}', '--set', 'task.contextLength=4000'];
    const result = await run(['train', file, ...huge, '--out', join(folder, 'run')]);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(/Cannot accept program: \w+ \d+ found, at most \d+ wanted \[program-over-limit\]/);
  });

  it('names file, line and column of a fault in the YAML', async () => {
    const file = join(temporaryFolder(), 'broken.yaml');
    writeFileSync(file, 'name: broken\ntask: [in-context-regression\n');
    const { exitCode, stderr } = await run(['train', file]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/broken\.yaml:\d+:\d+: /);
  });

  it('reports an error as JSON where JSON is wanted', async () => {
    const result = await runJson(['train', join(temporaryFolder(), 'missing.yaml')]);
    expect(result).toMatchObject({ error: { code: 'configuration-invalid' } });
  });

  it('refuses a folder that holds something', async () => {
    const { folder, file } = configurationFile();
    const out = join(folder, 'run');
    mkdirSync(out);
    writeFileSync(join(out, 'mine.txt'), 'keep me');
    const { exitCode, stderr } = await run(['train', file, '--out', out]);
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(/\[run-exists\]/);
    expect(readdirSync(out)).toEqual(['mine.txt']);
  });

  it('ends a run that diverges as diverged, and keeps its last good checkpoint', async () => {
    const { folder, file } = configurationFile();
    const out = join(folder, 'run');
    const wild = ['--set', 'optimizer.learningRate=1000', '--set', 'training.clip=null', '--set', 'training.steps=50'];
    const rnn = ['--set', 'model={"name":"gated-rnn","hidden":20}'];
    const { exitCode, stdout, stderr } = await run(['train', file, ...rnn, ...wild, '--out', out, '--json']);
    expect(exitCode).toBe(3);
    const result = JSON.parse(stdout) as { readonly divergedAtStep: number; readonly steps: number };
    expect(result).toMatchObject({ outcome: 'diverged', divergedAtStep: result.steps });
    expect(stderr).toContain(`diverged at step ${result.steps}`);
    expect(readdirSync(join(out, 'checkpoints'))).toContain(`step-${result.steps}.safetensors`);
  });
});

describe('starling coordinator', () => {
  it('refuses a busy port', async () => {
    const { folder, file } = configurationFile();
    const server = createServer().listen(0, '127.0.0.1');
    const port = await until('a port is taken', () => {
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : undefined;
    });
    const out = join(folder, 'run');
    const { exitCode, stderr } = await run(['coordinator', file, '--port', String(port), '--out', out]);
    server.close();
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(new RegExp(`${port}.*\\[port-busy\\]`));
  });

  it('refuses a run that another coordinator holds, and does not disturb it', async () => {
    const { folder, file } = configurationFile();
    const out = join(folder, 'run');
    const first = start(['coordinator', file, '--port', '0', '--out', out, '--json']);
    const address = await until('it listens', () => /ws:\/\/127\.0\.0\.1:\d+\//.exec(first.stderr())?.[0]);
    const second = await run(['coordinator', file, '--port', '0', '--out', out]);
    expect(second.exitCode).toBe(5);
    expect(second.stderr).toMatch(/\[run-(locked|exists)\]/);
    expect((await run(['worker', address, '--threads', '1'])).exitCode).toBe(0);
    const { exitCode, stdout } = await first.finished;
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'completed', steps: 5 });
  });

  it('stops in good order at the first interruption', async () => {
    const { folder, file } = configurationFile();
    const out = join(folder, 'run');
    const coordinator = start(['coordinator', file, '--port', '0', '--out', out, '--json']);
    await until('it listens', () => /ws:\/\/127\.0\.0\.1:\d+\//.exec(coordinator.stderr())?.[0]);
    coordinator.process.kill('SIGINT');
    const { exitCode, stdout } = await coordinator.finished;
    expect(exitCode).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'stopped', steps: 0 });
    expect(readFileSync(join(out, 'trajectory.jsonl'), 'utf8')).toContain('"step":0');
  });
});

describe('starling worker', () => {
  it('gives up on a coordinator that cannot be reached', async () => {
    const { exitCode, stderr } = await run(['worker', 'ws://127.0.0.1:1/', '--connect-timeout', '1', '--threads', '1']);
    expect(exitCode).toBe(6);
    expect(stderr).toMatch(/Cannot reach coordinator: .*\[unreachable\]/);
  });

  it('gives up on a coordinator that is gone for longer than it is told to wait', async () => {
    const { folder, file } = configurationFile();
    const { command, address } = await serve([
      'coordinator',
      file,
      '--port',
      '0',
      '--out',
      join(folder, 'run'),
      '--set',
      'training.steps=1000000',
    ]);
    const worker = start(['worker', address, '--reconnect-timeout', '1', '--threads', '1']);
    await untilStep(address, 1);
    command.process.kill('SIGKILL');
    const { exitCode, stderr } = await worker.finished;
    expect(exitCode).toBe(6);
    expect(stderr).toMatch(/Cannot reach coordinator: nothing found in 1 s, .*\[unreachable\]/);
  });

  it('refuses an address that is none', async () => {
    const { exitCode, stderr } = await run(['worker', 'http://127.0.0.1:7117']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/\[address-invalid\]/);
  });
});
