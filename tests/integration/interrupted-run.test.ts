// Runs that are interrupted from the keyboard, and the ways to go on: starling resume, and --resume.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { checkpointSteps, filesOf, linesOf, recordedSteps } from '../coordinator/run-files.js';
import { killAll, run, runJson, start, until } from './command.js';
import { serialDigest } from './configurations.js';
import { config, expectWhole, newRun, resume, worker } from './continued-run.js';
import { serve, statusOf, untilStep } from './served-run.js';

afterEach(killAll);

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
    // The life that was killed may have recorded steps to which this one has not come again.
    const verifiedSteps = Math.max(result.steps, recordedSteps(out).trajectory.at(-1) ?? 0);
    expect(await runJson(['verify', out])).toMatchObject({ verdict: 'confirmed', verifiedSteps, findings: [] });
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
});
