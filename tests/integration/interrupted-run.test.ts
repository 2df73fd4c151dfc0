// Runs that are interrupted from the keyboard, and the ways to go on: starling resume, and --resume.

import { readdirSync, existsSync, readFileSync, rmSync, writeFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { checkpointSteps, filesOf, linesOf, recordedSteps, stepsFrom } from '../coordinator/run-files.js';
import { killAll, run, runJson, start, startIn, until, type Finished, type RunningCommand } from './command.js';
import { configurationOf, serialDigest, temporaryFolder, writeConfiguration } from './configurations.js';
import { serve, statusOf, untilStep } from './served-run.js';

afterEach(killAll);

const steps = 400;
const config = configurationOf('linear-attention', { steps, microbatches: 4, microbatchSize: 32 }, { checkpointEvery: 50 });
const digest = serialDigest(config, wasmBackend);

function newRun(): { readonly file: string; readonly out: string } {
  const folder = temporaryFolder();
  return { file: writeConfiguration(folder, config), out: join(folder, 'run') };
}

const worker = (address: string): RunningCommand => start(['worker', address, '--threads', '1']);

function expectWhole({ exitCode, stdout }: Finished, out: string): void {
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'completed', steps, parametersSha256: digest });
  const [fromFirst, fromInitial] = [stepsFrom(1, steps), stepsFrom(0, steps)];
  expect(recordedSteps(out)).toEqual({ contributions: fromFirst, trajectory: fromInitial, metrics: fromFirst });
}

const resume = async (out: string): Promise<void> => expectWhole(await run(['resume', out, '--threads', '1', '--json']), out);

describe('Ctrl-C', () => {
  it('once ends train after the step at hand, with a checkpoint and the command that continues to the same bits', async () => {
    const { file, out } = newRun();
    const train = start(['train', file, '--threads', '1', '--out', out, '--set', 'training.steps=100000']);
    await until('steps are committed', () => (checkpointSteps(out)[0] ?? 0) > 0 || undefined);
    train.process.kill('SIGINT');
    const { exitCode, stderr } = await train.finished;
    expect(exitCode).toBe(4);
    const [, stepCount = ''] = /was stopped after ([\d,]+) steps/.exec(stderr) ?? [];
    const step = Number(stepCount.replaceAll(',', ''));
    expect(checkpointSteps(out)[0]).toBe(step);
    expect(recordedSteps(out).trajectory.at(-1)).toBe(step);
    const [, command = ''] = /continue with {2}npx starling (resume .*)$/m.exec(stderr) ?? [];
    expect(command).toBe(`resume ${out}`);
    // Far enough to see that it goes on; the bits of a whole run are looked at below.
    const resumed = start([...command.split(' '), '--threads', '1', '--json']);
    await until('it goes on', () => (checkpointSteps(out)[0] ?? 0) > step || undefined);
    resumed.process.kill('SIGINT');
    const result = JSON.parse((await resumed.finished).stdout) as { readonly steps: number; readonly parametersSha256: string };
    expect(result).toMatchObject({ outcome: 'stopped', continuedFromStep: step });
    const long = { ...config, training: { ...config.training, steps: 100_000 } };
    expect(result.parametersSha256).toBe(serialDigest(long, wasmBackend, result.steps));
  });

  it('once ends a run whose steps are taken several at once, which is continued after a kill, too, to the same bits', async () => {
    const { file, out } = newRun();
    const untilBehind = (step: number) =>
      until(`a checkpoint behind step ${step}`, () => ((checkpointSteps(out)[0] ?? 0) > step ? true : undefined));
    // One thread that is alone gets nothing else.
    const several = ['--set', 'coordination.segments=true', '--set', 'training.steps=100000'];
    const train = start(['train', file, ...several, '--threads', '1', '--out', out, '--json']);
    await untilBehind(100);
    train.process.kill('SIGINT');
    const stopped = JSON.parse((await train.finished).stdout) as { readonly outcome: string; readonly steps: number };
    expect(stopped).toMatchObject({ outcome: 'stopped', steps: checkpointSteps(out)[0] });
    const killed = start(['resume', out, '--threads', '2']);
    await untilBehind(stopped.steps + 100);
    killed.process.kill('SIGKILL');
    await killed.finished;
    const again = start(['resume', out, '--threads', '2', '--json']);
    await untilBehind((checkpointSteps(out)[0] ?? 0) + 100);
    again.process.kill('SIGINT');
    const result = JSON.parse((await again.finished).stdout) as { readonly steps: number; readonly parametersSha256: string };
    const long = { ...config, training: { ...config.training, steps: 100_000 } };
    expect(result.parametersSha256).toBe(serialDigest(long, wasmBackend, result.steps));
    expect(await runJson(['verify', out])).toMatchObject({ verdict: 'confirmed', verifiedSteps: result.steps });
  });

  it('once waits for a step that workers have in hand, and its result counts', async () => {
    const { file, out } = newRun();
    const { command, address } = await serve(['coordinator', file, '--port', '0', '--out', out, '--json']);
    const frozen = worker(address);
    await untilStep(address, 20);
    frozen.process.kill('SIGSTOP');
    const step = await untilLeased(address);
    command.process.kill('SIGINT');
    await until('it says what it does', () => (command.stderr().includes('Press Ctrl-C again') ? true : undefined));
    frozen.process.kill('SIGCONT');
    const { exitCode, stdout } = await command.finished;
    expect(exitCode).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'stopped', steps: step + 1 });
    expect((await frozen.finished).exitCode).toBe(0);
    await resume(out);
  });

  it('once ends in good order what has only just begun to listen', async () => {
    const { file, out } = newRun();
    const preload = join(temporaryFolder(), 'interrupted-when-listening.mjs');
    writeFileSync(
      preload,
      `import { Server } from 'node:net';
      const { listen } = Server.prototype;
      Server.prototype.listen = function (...place) {
        this.once('listening', () => process.kill(process.pid, 'SIGINT'));
        return listen.apply(this, place);
      };`,
    );
    const { exitCode, signal, stdout } = await startIn({ preload }, ['coordinator', file, '--port', '0', '--out', out, '--json'])
      .finished;
    expect({ exitCode, signal }).toEqual({ exitCode: 4, signal: null });
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'stopped', steps: 0 });
    await resume(out);
  });

  it('twice ends at once, and the run continues to the same bits', async () => {
    const { file, out } = newRun();
    const { command, address } = await serve(['coordinator', file, '--port', '0', '--out', out, '--json']);
    const frozen = worker(address);
    await untilStep(address, 70);
    frozen.process.kill('SIGSTOP');
    await untilLeased(address);
    command.process.kill('SIGINT');
    await until('it says what it does', () => (command.stderr().includes('Press Ctrl-C again') ? true : undefined));
    command.process.kill('SIGINT');
    expect((await command.finished).exitCode).toBe(130);
    expect(existsSync(join(out, 'result.json'))).toBe(false);
    // The worker comes back by itself to the address of before, and does the rest.
    const resumed = start(['resume', out, '--threads', '0', '--json']);
    frozen.process.kill('SIGCONT');
    expectWhole(await resumed.finished, out);
    expect((await frozen.finished).exitCode).toBe(0);
  });
});

/** Waits until the frozen worker holds a lease, and tells how many steps are committed then. */
const untilLeased = (address: string): Promise<number> =>
  until('a frozen worker holds a lease', async () => {
    const status = await statusOf(address);
    return status?.workers.some(({ leaseCount }) => leaseCount > 0) === true ? status.step : undefined;
  });

describe('--resume', () => {
  it('starts a run in a new folder, continues it there, and has nothing to do when it has ended', async () => {
    const { file, out } = newRun();
    const train = ['train', file, '--threads', '1', '--out', out, '--json', '--resume'];
    const first = start(train);
    await until('a checkpoint is written', () => (checkpointSteps(out)[0] ?? 0) > 0 || undefined);
    first.process.kill('SIGKILL');
    await first.finished;
    expectWhole(await run(train), out);
    const before = filesOf(out);
    const again = await run(train);
    expectWhole(again, out);
    expect((JSON.parse(again.stdout) as { readonly continuedFromStep: number }).continuedFromStep).toBeGreaterThan(0);
    expect(filesOf(out)).toEqual(before);
    expect((await run(['resume', out])).stderr).toContain('Nothing is left to do');
    expect(filesOf(out)).toEqual(before);
  });

  it('confirms a run that was stopped before it had come again to what it had recorded, and nothing else in its place', async () => {
    const { file, out: folder } = newRun();
    await run(['train', file, '--set', 'training.steps=9', '--threads', '1', '--out', folder, '--quiet']);
    const entry = linesOf(folder, 'trajectory.jsonl').find(({ step }) => step === 4) ?? {};
    const path = join(folder, 'result.json');
    const whole = JSON.parse(readFileSync(path, 'utf8')) as object;
    const stopped = {
      ...whole,
      outcome: 'stopped',
      steps: 4,
      parametersSha256: entry['parametersSha256'],
      trainLoss: entry['loss'],
    };
    writeFileSync(path, JSON.stringify(stopped));
    expect(await runJson(['verify', folder])).toMatchObject({ verdict: 'confirmed', verifiedSteps: 9, findings: [] });
    writeFileSync(path, JSON.stringify({ ...stopped, steps: 5 }));
    expect((await runJson(['verify', folder]))['findings']).toMatchObject([
      { type: 'different-record', step: 5, file: 'result.json' },
      { type: 'different-record', step: 5, file: 'result.json' },
    ]);
  });

  it('lets a coordinator start and continue a run', async () => {
    const { file, out } = newRun();
    const args = ['coordinator', file, '--port', '0', '--out', out, '--json', '--resume'];
    const first = await serve(args);
    const left = worker(first.address);
    await untilStep(first.address, 60);
    first.command.process.kill('SIGKILL');
    left.process.kill('SIGKILL');
    await Promise.all([first.command.finished, left.finished]);
    const second = await serve(args);
    worker(second.address);
    expectWhole(await second.command.finished, out);
  });

  it('refuses a folder whose run has another configuration, and names the difference', async () => {
    const { file, out } = newRun();
    expect((await run(['train', file, '--threads', '1', '--out', out, '--set', 'training.steps=3'])).exitCode).toBe(0);
    const before = filesOf(out);
    for (const command of [
      ['train', file, '--threads', '1'],
      ['coordinator', file, '--port', '0'],
    ]) {
      const { exitCode, stderr } = await run([
        ...command,
        '--out',
        out,
        '--set',
        'seed=6',
        '--set',
        'training.steps=3',
        '--resume',
      ]);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/Cannot continue run .*: seed.*5 found, 6 wanted.* \[run-different\]/);
    }
    expect(filesOf(out)).toEqual(before);
  });
});

describe('starling resume', () => {
  it('refuses a run that another coordinator is at work on, and does not disturb it', async () => {
    const { file, out } = newRun();
    const { command, address } = await serve(['coordinator', file, '--port', '0', '--out', out, '--json']);
    for (const more of [[], ['--port', '0']]) {
      const { exitCode, stderr } = await run(['resume', out, ...more]);
      expect(exitCode).toBe(5);
      expect(stderr).toMatch(/another coordinator is at work .*\[run-locked\]/);
    }
    worker(address);
    expectWhole(await command.finished, out);
  });

  it('refuses a run of a newer version in one line', async () => {
    const { file, out } = newRun();
    expect((await run(['train', file, '--threads', '1', '--out', out, '--set', 'training.steps=3'])).exitCode).toBe(0);
    const manifest = join(out, 'run.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"format": 2', '"format": 3'));
    const { exitCode, stderr } = await run(['resume', out]);
    expect(exitCode).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(/written by a newer version \[run-version\]$/)]);
  });

  it('has no run to continue where a coordinator was killed while it made the folder; a new run can be started there', async () => {
    const { file, out } = newRun();
    const args = ['coordinator', file, '--port', '0', '--out', out, '--json'];
    const first = await serve(args);
    first.command.process.kill('SIGKILL');
    await first.command.finished;
    // What a kill before the last act of making the folder leaves.
    const left = ['lock', 'programs', 'checkpoints', 'contributions.jsonl', 'trajectory.jsonl'];
    for (const name of readdirSync(out)) if (!left.includes(name)) rmSync(join(out, name));
    for (const name of left.slice(-2)) truncateSync(join(out, name));
    expect((await run(['resume', out])).stderr).toMatch(/\[run-absent\]/);
    const second = await serve(args);
    worker(second.address);
    expectWhole(await second.command.finished, out);
  });
});
