// `starling verify` and `starling bisect` on runs of the real command, and on what has happened to their folders.

import { appendFileSync, cpSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chainStart, linkTrajectory, type JobRequest, type TrajectoryEntry } from '../../coordinator/index.js';
import { decodeSafetensors, encodeSafetensors, type LoggedJob } from '../../coordinator/store/index.js';
import { sha256 } from '../../coordinator/shell/index.js';
import { applyOverrides, parseRunConfig, type RunConfig } from '../../learning/index.js';
import { bytesOfFloats } from '../../protocol/index.js';
import type { TreeNode } from '../../tensor/index.js';
import { flipLastBit, recordRun, workerOf, writeRun } from '../coordinator/recorded-run.js';
import { killAll, run, runJson } from './command.js';
import { programs, temporaryFolder, writeConfiguration } from './configurations.js';

const config = parseRunConfig({
  ...{ name: 'verified', seed: 5, ...programs['linear-attention'] },
  training: { steps: 9, microbatches: 6, microbatchSize: 8, checkpointEvery: 3, keepCheckpoints: 100 },
  evaluation: { sequences: 32, every: 4 },
  // What is looked for are sums of single tree nodes.
  coordination: { segments: false },
});

const leaves = ({ microbatchCount }: JobRequest): readonly TreeNode[] =>
  Array.from({ length: microbatchCount }, (_, index) => ({ begin: index, end: index + 1 }));

let original = '';

beforeAll(async () => {
  original = await train(config);
});
afterEach(killAll);

async function train(of: RunConfig): Promise<string> {
  const folder = temporaryFolder();
  const out = join(folder, 'run');
  const result = await runJson(['train', writeConfiguration(folder, of), '--threads', '2', '--out', out]);
  expect(result).toMatchObject({ outcome: 'completed' });
  return out;
}

/** A copy of the run, to be damaged. */
function copyOf(folder = original): string {
  const copy = join(temporaryFolder(), 'run');
  cpSync(folder, copy, { recursive: true });
  return copy;
}

function editLines(folder: string, file: string, edit: (lines: string[]) => void): void {
  const path = join(folder, file);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  edit(lines);
  writeFileSync(path, `${lines.join('\n')}\n`);
}

function editJob(folder: string, step: number, edit: (job: LoggedJob) => LoggedJob): LoggedJob {
  let edited: LoggedJob | undefined;
  editLines(folder, 'contributions.jsonl', (lines) => {
    for (const [index, line] of lines.entries()) {
      const job = JSON.parse(line) as LoggedJob;
      if (job.kind !== 'train' || job.step !== step) continue;
      edited = job;
      lines[index] = JSON.stringify(edit(job));
    }
  });
  if (edited === undefined) throw new Error(`Cannot edit step ${step}: no line of it found`);
  return edited;
}

const checkpoint = (folder: string, step: number): string => join(folder, 'checkpoints', `step-${step}.safetensors`);

/** Verifies a folder; the exit code must be that of a difference. */
async function verifyBroken(folder: string, ...options: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const { exitCode, stdout, stderr } = await run(['verify', folder, '--json', ...options]);
  expect([exitCode, stderr]).toEqual([7, expect.any(String)]);
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
}

describe('starling verify', () => {
  it('confirms a clean run, with everything in its folder', async () => {
    const { exitCode, stdout, stderr } = await run(['verify', original, '--quiet']);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Confirmed: computed again, 9 steps from the seed/);
    const report = await runJson(['verify', original]);
    const steps = { from: 0, to: 9 };
    expect(report).toEqual({ run: original, verdict: 'confirmed', steps, verifiedSteps: 9, findings: [] });
  });

  it('confirms some steps from the nearest checkpoint, or from an older one where that is damaged', async () => {
    const folder = copyOf();
    expect(await runJson(['verify', folder, '--steps', '7..8'])).toMatchObject({ steps: { from: 6, to: 8 }, verifiedSteps: 2 });
    truncateSync(checkpoint(folder, 6), 100);
    expect(await verifyBroken(folder, '--steps', '7..8')).toMatchObject({ steps: { from: 3, to: 8 }, verifiedSteps: 5 });
    truncateSync(checkpoint(folder, 3), 100);
    expect(await verifyBroken(folder, '--steps', '7..8')).toMatchObject({ steps: { from: 0, to: 8 }, verifiedSteps: 8 });
  });

  it('refuses steps that are none or not recorded, and a folder without a run', async () => {
    expect((await run(['verify', original, '--steps', '5'])).exitCode).toBe(2);
    const beyond = await run(['verify', original, '--steps', '5..10']);
    expect([beyond.exitCode, beyond.stderr]).toEqual([2, expect.stringMatching(/recorded up to step 9.*\[steps-absent\]/)]);
    expect((await run(['verify', temporaryFolder()])).exitCode).toBe(2);
  });

  it.each([
    ['contributions.jsonl', 3, 1, 'step 1'],
    ['trajectory.jsonl', 4, 3, 'the entry after 3 steps'],
    ['metrics.jsonl', 2, 1, 'the entry after 1 step'],
  ])('names file, line and step of a damaged line in %s', async (file, line, step, wanted) => {
    const folder = copyOf();
    editLines(folder, file, (lines) => (lines[line - 1] = (lines[line - 1] ?? '').slice(0, 30)));
    const { verdict, verifiedSteps, findings } = await verifyBroken(folder);
    expect({ verdict, verifiedSteps }).toEqual({ verdict: 'damaged', verifiedSteps: 9 });
    expect(findings).toMatchObject([{ type: 'damaged-line', file, line, step, found: 'no JSON', wanted }]);
  });

  it('names the line of a trajectory whose chain does not hold', async () => {
    const folder = copyOf();
    editLines(folder, 'trajectory.jsonl', (lines) => (lines[5] = (lines[5] ?? '').replace(/"loss":[^,]+/, '"loss":0.25')));
    const { findings } = await verifyBroken(folder);
    expect(findings).toMatchObject([{ type: 'damaged-line', file: 'trajectory.jsonl', line: 6, step: 5 }]);
  });

  it('names the step of a trajectory that was altered, its chain too', async () => {
    const folder = copyOf();
    editLines(folder, 'trajectory.jsonl', (lines) => {
      let chain = chainStart;
      for (const [index, line] of lines.entries()) {
        const entry = JSON.parse(line) as TrajectoryEntry;
        const linked = linkTrajectory(chain, index === 5 ? { ...entry, parametersSha256: 'd'.repeat(64) } : entry, sha256);
        lines[index] = JSON.stringify(linked);
        ({ chain } = linked);
      }
    });
    const { verdict, findings } = await verifyBroken(folder);
    expect(verdict).toBe('different');
    expect(findings).toMatchObject([{ type: 'altered-trajectory', file: 'trajectory.jsonl', step: 5 }]);
  });

  it('names the step of a held-out sum that was altered', async () => {
    const folder = copyOf();
    editLines(folder, 'metrics.jsonl', (lines) => {
      const index = lines.findIndex((line) => line.includes('"evaluation","step":4'));
      lines[index] = (lines[index] ?? '').replace(/"sums":\{"loss":[^,]+/, '"sums":{"loss":0.25');
    });
    expect((await verifyBroken(folder))['findings']).toMatchObject([{ type: 'different-record', step: 4 }]);
  });

  it.each([
    ['parameter', 'parametersSha256'],
    ['state', 'stateSha256'],
  ])('names a checkpoint with another bit in a %s', async (prefix, digest) => {
    const folder = copyOf();
    const path = checkpoint(folder, 6);
    const file = decodeSafetensors(readFileSync(path));
    flipLastBit(file.tensors.find(({ name }) => name.startsWith(prefix))?.values ?? new Float32Array(1), 0);
    writeFileSync(path, encodeSafetensors(file));
    const damage = { type: 'damaged-checkpoint', step: 6, file: 'checkpoints/step-6.safetensors' };
    expect(await verifyBroken(folder)).toMatchObject({ verdict: 'damaged', verifiedSteps: 9, findings: [damage] });
    // With a digest that fits, the file is whole and still not the state of the run.
    const tensors = file.tensors.filter(({ name }) => name.startsWith(prefix));
    const numbers = Float32Array.from(tensors.flatMap(({ values }) => [...values]));
    writeFileSync(path, encodeSafetensors({ ...file, metadata: { ...file.metadata, [digest]: sha256(bytesOfFloats(numbers)) } }));
    const { verdict, findings } = await verifyBroken(folder);
    expect(verdict).toBe('different');
    expect(findings).toMatchObject([{ type: 'different-checkpoint', step: 6, file: 'checkpoints/step-6.safetensors' }]);
  });

  it('names all damaged files and lines at once', async () => {
    const folder = copyOf();
    truncateSync(checkpoint(folder, 3), 200);
    truncateSync(checkpoint(folder, 9), 9);
    editLines(folder, 'metrics.jsonl', (lines) => (lines[7] = 'gone'));
    editLines(folder, 'contributions.jsonl', (lines) => void lines.splice(6, 1));
    const { findings, verifiedSteps } = await verifyBroken(folder);
    const types = (findings as readonly { readonly type: string }[]).map(({ type }) => type);
    expect(types.toSorted()).toEqual(['damaged-checkpoint', 'damaged-checkpoint', 'damaged-line', 'missing-lines']);
    expect(verifiedSteps).toBe(9);
  });

  it('names step, tree node and worker of a contribution that was forged', async () => {
    const folder = copyOf();
    const { nodes } = editJob(folder, 4, (job) => ({
      ...job,
      nodes: job.nodes.map((node, index) => (index === 0 ? { ...node, sha256: 'b'.repeat(64) } : node)),
    }));
    const [{ begin, end, worker, sha256: wanted } = { begin: 0, end: 0, worker: '', sha256: '' }] = nodes;
    const { verdict, findings, verifiedSteps } = await verifyBroken(folder);
    expect({ verdict, verifiedSteps }).toEqual({ verdict: 'different', verifiedSteps: 9 });
    const finding = { type: 'altered-contribution', step: 4, node: { begin, end }, worker, found: 'b'.repeat(64), wanted };
    expect(findings).toMatchObject([finding]);
    const { stdout } = await run(['verify', folder, '--quiet']);
    expect(stdout).toContain('the record was altered, not the run');
  });

  it('names step, tree node and worker of a wrong sum that was really committed', async () => {
    const folder = await tamperedRun();
    const { verdict, findings, verifiedSteps } = await verifyBroken(folder);
    expect({ verdict, verifiedSteps }).toEqual({ verdict: 'different', verifiedSteps: 4 });
    const node = { begin: 3, end: 4 };
    expect(findings).toMatchObject([{ type: 'wrong-sum', step: 4, node, worker: workerOf(3), file: 'contributions.jsonl' }]);
    const { stdout } = await run(['verify', folder, '--quiet']);
    expect(stdout).toContain(`worker ${workerOf(3)} sent a wrong sum and it was committed`);
  });

  it('names a file of a program that is missing, and a result with other parameters', async () => {
    const folder = copyOf();
    const path = join(folder, 'result.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"parametersSha256": "../, '"parametersSha256": "00'));
    const manifest = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as { programs: Record<string, string> };
    truncateSync(join(folder, 'programs', `${manifest.programs['update'] ?? ''}.json`), 10);
    expect((await verifyBroken(folder))['findings']).toMatchObject([
      { type: 'damaged-file', file: `programs/${manifest.programs['update'] ?? ''}.json` },
      { type: 'different-record', file: 'result.json', step: 9 },
    ]);
  });

  it('names a result that tells of other steps, or is no JSON at all', async () => {
    const forged = copyOf();
    const path = join(forged, 'result.json');
    const result = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...result, steps: 4, parametersSha256: '0'.repeat(64) }));
    const { findings } = await verifyBroken(forged);
    expect(findings).toMatchObject([
      { type: 'different-record', step: 9, file: 'result.json', found: '4', wanted: '9' },
      { type: 'different-record', step: 9, file: 'result.json', found: '0'.repeat(64) },
    ]);
    writeFileSync(path, 'garbage');
    expect(await verifyBroken(forged)).toMatchObject({
      verdict: 'damaged',
      findings: [{ type: 'damaged-file', file: 'result.json' }],
    });
  });

  it('confirms a run that was interrupted in the middle of a line, and says so', async () => {
    const folder = join(temporaryFolder(), 'run');
    await writeRun(folder, config, recordRun(config, { nodes: leaves }));
    appendFileSync(join(folder, 'contributions.jsonl'), '{"kind":"tra');
    const { exitCode, stderr } = await run(['verify', folder]);
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('The last line of contributions.jsonl is torn')]);
  });

  it('names the step alone where no contributions are logged', async () => {
    const folder = join(temporaryFolder(), 'run');
    const silent = parseRunConfig(applyOverrides(config, ['coordination.contributionLog=false']));
    await writeRun(folder, silent, recordRun(silent, { nodes: leaves, tamper: tamperStep4 }));
    const { findings } = await verifyBroken(folder);
    expect(findings).toMatchObject([{ type: 'different-parameters', step: 5 }]);
    expect((findings as readonly object[])[0]).not.toHaveProperty('node');
  });

  it('confirms that a run diverged', async () => {
    const wild = { 'optimizer.learningRate': 1000, 'training.clip': null, 'training.steps': 50 };
    const folder = temporaryFolder();
    const out = join(folder, 'run');
    const model = ['--set', 'model={"name":"gated-rnn","hidden":20}'];
    const sets = Object.entries(wild).flatMap(([path, value]) => ['--set', `${path}=${String(value)}`]);
    const trained = await run(['train', writeConfiguration(folder, config), ...model, ...sets, '--out', out, '--quiet']);
    expect(trained.exitCode).toBe(3);
    expect(await runJson(['verify', out])).toMatchObject({ verdict: 'confirmed', findings: [] });
  });
});

function tamperStep4(job: JobRequest, { begin }: TreeNode, sums: Float32Array): void {
  if (job.kind === 'train' && job.step === 4 && begin === 3) sums[0] = (sums[0] ?? 0) + 1;
}

async function tamperedRun(): Promise<string> {
  const folder = join(temporaryFolder(), 'run');
  await writeRun(folder, config, recordRun(config, { nodes: leaves, tamper: tamperStep4 }));
  return folder;
}

describe('starling bisect', () => {
  const changed = (...overrides: readonly string[]): RunConfig => parseRunConfig(applyOverrides(config, overrides));

  async function bisect(a: string, b: string): Promise<{ readonly exitCode: number | null; readonly report: unknown }> {
    const { exitCode, stdout } = await run(['bisect', a, b, '--json']);
    return { exitCode, report: JSON.parse(stdout) };
  }

  it('finds equal runs equal', async () => {
    const { exitCode, report } = await bisect(original, await train(config));
    expect(exitCode).toBe(0);
    expect(report).toMatchObject({ verdict: 'equal', comparedBy: 'chain', common: { from: 0, to: 9 }, differences: [] });
  });

  it('does not call runs equal of which nothing could be compared', async () => {
    const empty = copyOf();
    writeFileSync(join(empty, 'trajectory.jsonl'), '');
    const { exitCode, stdout } = await run(['bisect', original, empty, '--json']);
    expect(exitCode).toBe(7);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'incomparable' });
  });

  it('finds runs of two seeds different from the beginning', async () => {
    const { exitCode, report } = await bisect(original, await train(changed('seed=6')));
    expect(exitCode).toBe(7);
    const differences = [{ path: 'seed', a: 5, b: 6 }];
    expect(report).toMatchObject({ verdict: 'different', differences, divergence: { step: 0 } });
    expect(report).not.toHaveProperty('lastEqualStep');
  });

  it('finds runs of two learning rates different after the first update, with the same sums before it', async () => {
    const other = await train(changed('optimizer.learningRate=0.02'));
    const { exitCode, report } = await bisect(original, other);
    expect(exitCode).toBe(7);
    expect(report).toMatchObject({
      differences: [{ path: 'optimizer.learningRate', b: 0.02 }],
      ...{ divergence: { step: 1 }, lastEqualStep: 0 },
    });
    expect((report as { contributions: object }).contributions).not.toHaveProperty('divergence');
    expect((await run(['bisect', original, other])).stdout).toContain('optimizer.learningRate');
  });

  it('names step, tree node and workers where a run goes another way', async () => {
    const honest = join(temporaryFolder(), 'run');
    await writeRun(honest, config, recordRun(config, { nodes: leaves }));
    const tampered = await tamperedRun();
    const { exitCode, report } = await bisect(honest, tampered);
    expect(exitCode).toBe(7);
    const worker = workerOf(3);
    const divergence = { step: 4, node: { begin: 3, end: 4 }, a: { worker }, b: { worker } };
    expect(report).toMatchObject({
      ...{ differences: [], lastEqualStep: 4 },
      divergence: { step: 5 },
      contributions: { divergence },
    });
    const { stdout } = await run(['bisect', honest, tampered]);
    expect(stdout).toContain('First different tree node: step 4, microbatches [3, 4)');
  });

  it('compares parameters where trajectories have other steps', async () => {
    const { exitCode, report } = await bisect(original, await train(changed('training.digestEvery=4')));
    expect(exitCode).toBe(0);
    expect(report).toMatchObject({ verdict: 'equal', comparedBy: 'parametersSha256', common: { from: 0, to: 9 } });
  });
});
