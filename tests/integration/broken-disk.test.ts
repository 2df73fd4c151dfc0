// Disks that refuse: full, and read-only. The run ends in one line with a code, and continues to the same bits when the disk is whole again.

import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, type TestContext } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { checkpointSteps, filesOf, recordedSteps, stepsFrom } from '../coordinator/run-files.js';
import { killAll, main, run, start, startIn, until, type Surroundings } from './command.js';
import { configurationOf, serialDigest, temporaryFolder, writeConfiguration } from './configurations.js';
import { openDetour, type Detour } from './detour.js';
import { serve } from './served-run.js';

const ways: Detour[] = [];

afterEach(() => {
  killAll();
  for (const way of ways.splice(0)) way.close();
});

const steps = 600;
const config = configurationOf('linear-attention', { steps, microbatches: 2, microbatchSize: 16 }, { checkpointEvery: 20 });
const digest = serialDigest(config, wasmBackend);

async function expectContinued(out: string): Promise<void> {
  const { exitCode, stdout } = await run(['resume', out, '--threads', '1', '--json']);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'completed', steps, parametersSha256: digest });
  const [fromFirst, fromInitial] = [stepsFrom(1, steps), stepsFrom(0, steps)];
  expect(recordedSteps(out)).toEqual({ contributions: fromFirst, trajectory: fromInitial, metrics: fromFirst });
}

describe('a full disk', () => {
  it.skipIf(process.platform === 'win32')(
    'ends the run in one line when no file may grow any more, and the run continues to the same bits',
    async () => {
      const folder = temporaryFolder();
      const out = join(folder, 'run');
      const train = ['train', writeConfiguration(folder, config), '--threads', '1', '--out', out, '--quiet'];
      // Files of at most 64 KiB (blocks of 1024 bytes in bash): the log of the trajectory reaches that first.
      const { exitCode, stderr } = await startIn({ command: ['bash', '-c', 'ulimit -f 64; exec "$@"', 'bash'] }, train).finished;
      expect(exitCode).toBe(1);
      expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(/^Cannot write run to .*: EFBIG.* \[run-unwritable\]$/)]);
      expect(checkpointSteps(out)[0]).toBeGreaterThan(0);
      await expectContinued(out);
    },
  );

  it('ends the run in one line when no space is left, and the run continues to the same bits when there is', async (context) => {
    const folder = temporaryFolder();
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const mount = (options: string): void => {
      const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk], { encoding: 'utf8' });
      if (status !== 0) skip(context, `a disk of its own cannot be mounted here: ${stderr.trim()}`);
    };
    if (process.platform !== 'linux') skip(context, 'only Linux mounts a disk in memory');
    mount('size=160k');
    try {
      const out = join(disk, 'run');
      const train = ['train', writeConfiguration(folder, config), '--threads', '1', '--out', out, '--quiet'];
      const { exitCode, stderr } = await run(train);
      expect(exitCode).toBe(1);
      expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(/^Cannot write run to .*: ENOSPC.* \[run-unwritable\]$/)]);
      expect(readdirSync(join(out, 'checkpoints')).filter((name) => name.endsWith('.partial'))).toEqual([]);
      mount('remount,size=10m');
      await expectContinued(out);
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});

describe('a read-only folder', () => {
  it('is refused in one line before anything is computed, for a new run and for one to continue', async (context) => {
    const { folder, surroundings } = ordinaryUser(context);
    const [out, file] = [join(folder, 'run'), writeConfiguration(folder, config)];
    chmodSync(folder, 0o555);
    const train = ['train', file, '--threads', '1', '--out', out, '--quiet'];
    const refused = await startIn(surroundings, train).finished;
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^Cannot write run to .*: EACCES.* \[run-unwritable\]$/),
    ]);
    chmodSync(folder, 0o755);
    expect((await startIn(surroundings, [...train, '--set', 'training.steps=3']).finished).exitCode).toBe(0);
    const before = filesOf(out);
    for (const name of ['', 'lock', 'checkpoints']) chmodSync(join(out, name), 0o555);
    const resumed = await startIn(surroundings, ['train', file, '--threads', '1', '--out', out, '--quiet']).finished;
    expect(resumed.exitCode).toBe(1);
    expect(resumed.stderr).toMatch(/\[run-unwritable\]/);
    expect(filesOf(out)).toEqual(before);
  });

  it('ends a run that was at work in it, and the run continues to the same bits when it may write again', async (context) => {
    const { folder, surroundings } = ordinaryUser(context);
    const out = join(folder, 'run');
    const file = writeConfiguration(folder, config);
    const { command, address } = await serve(['coordinator', file, '--port', '0', '--out', out], surroundings);
    // A hundred steps a second at most, so that the run cannot be over before the folder is closed.
    const way = await openDetour(address, { delayMilliseconds: 10 });
    ways.push(way);
    start(['worker', way.address, '--threads', '1']);
    await until('a checkpoint is written', () => (checkpointSteps(out)[0] ?? 0) > 0 || undefined);
    chmodSync(join(out, 'checkpoints'), 0o555);
    const { exitCode, stderr } = await command.finished;
    killAll();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^Cannot write run to .*: EACCES.* \[run-unwritable\]$/m);
    chmodSync(join(out, 'checkpoints'), 0o755);
    await expectContinued(out);
  });
});

function skip(context: TestContext, reason: string): never {
  return context.skip(reason);
}

/** A folder of someone whom permissions bind: this user, or where that is root, nobody. */
function ordinaryUser(context: TestContext): { readonly folder: string; readonly surroundings: Surroundings } {
  const folder = temporaryFolder();
  if (process.getuid === undefined) return skip(context, 'folders have no permissions here');
  if (process.getuid() !== 0) return { folder, surroundings: {} };
  const nobody = 65534;
  const surroundings = { user: nobody };
  const { status } = spawnSync(process.execPath, [main, '--version'], { uid: nobody, gid: nobody });
  if (status !== 0) return skip(context, 'root writes everywhere, and nobody else may read this repository');
  chownSync(folder, nobody, nobody);
  return { folder, surroundings };
}
