// A run whose training has several programs, one after the other: who is sent which, what is asked for, and what a verification makes of it.

import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { recordsByStep, Training, Verification, type Finding, type JobRequest, type RunRecord } from '../../coordinator/index.js';
import { programsOf, sha256 } from '../../coordinator/shell/index.js';
import { buildPlan, mostStages, parseRunConfig, trainSerially } from '../../learning/index.js';
import { encodeFrame, fieldLimits, type Welcome } from '../../protocol/index.js';
import { interpreter } from '../../tensor/index.js';
import { flipLastBit, recordRun } from './recorded-run.js';
import { smallConfig } from './small-run.js';
import { coreOptions, jobOf, ToyRun } from './toy-run.js';

const [easy, hard, evaluation] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string];
const vectors = { inputLength: 3, outputLength: 5 };
const programs = [
  { role: 'train', sha256: easy, bytes: Uint8Array.of(1), ...vectors },
  { role: 'train', sha256: hard, bytes: Uint8Array.of(2), ...vectors },
  { role: 'evaluate', sha256: evaluation, bytes: Uint8Array.of(3), ...vectors },
] as const;

class StagedRun extends ToyRun {
  constructor() {
    super({ programs });
  }

  ask(step: number, programSha256: string): void {
    this.do({ type: 'jobRequested', job: { ...jobOf(2, step), programSha256 } });
  }

  /** Everyone answers everything. */
  answerAll(): void {
    for (const connection of this.leases.keys()) while (this.held(connection) !== '') this.answer(connection);
  }

  /** What connections were sent of programs, leases apart from the rest: digests by connection, in order. */
  sentTo(connection: number): readonly string[] {
    return this.effects.flatMap((effect) => {
      if (effect.type !== 'send' || !effect.connections.includes(connection)) return [];
      const { message } = effect;
      if (message.type === 'program') return [`program ${message.sha256[0] ?? ''}`];
      return message.type === 'lease' ? [`lease ${message.programSha256[0] ?? ''}`] : [];
    });
  }
}

describe('the coordinator of a run with stages', () => {
  it('sends everyone the program of a stage when it begins, and latecomers that of the stage they come to', () => {
    const run = new StagedRun();
    run.join(1);
    expect(run.sentTo(1)).toEqual(['program 3']);
    run.ask(0, easy);
    run.answerAll();
    run.ask(1, easy);
    run.answerAll();
    run.join(2);
    expect(run.sentTo(2)).toEqual(['program 1', 'program 3']);
    run.ask(2, hard);
    run.answerAll();
    run.ask(3, hard);
    run.answerAll();
    run.join(3);
    expect(run.sentTo(3)).toEqual(['program 2', 'program 3']);
    for (const connection of [1, 2]) {
      const sent = run.sentTo(connection);
      expect(sent.filter((one) => one === 'program 2')).toHaveLength(1);
      expect(sent.indexOf('program 2')).toBeLessThan(sent.indexOf('lease 2'));
    }
  });

  it('announces all of them, and keeps the stage over an evaluation', () => {
    const run = new StagedRun();
    run.ask(0, hard);
    const [welcome] = run.join(1);
    expect(welcome).toMatchObject({
      message: { type: 'welcome', programs: programs.map(({ sha256: digest }) => ({ sha256: digest })) },
    });
    run.answerAll();
    run.do({ type: 'jobRequested', job: { ...jobOf(2, 1), kind: 'evaluate', programSha256: evaluation } });
    run.answerAll();
    run.ask(1, hard);
    expect(run.sentTo(1).filter((one) => one.startsWith('program'))).toEqual(['program 2', 'program 3']);
  });

  it('sends the one training program of a run without stages at once, as ever', () => {
    const run = new ToyRun();
    const sent = run.join(1).flatMap((effect) => (effect.type === 'send' ? [effect.message.type] : []));
    expect(sent).toEqual(['welcome', 'program']);
    expect(coreOptions().programs).toHaveLength(1);
  });

  it('can announce as many programs as there may be stages, within one header', () => {
    expect(fieldLimits.programCount).toBeGreaterThanOrEqual(mostStages + 2);
    const entry = { role: 'evaluate', sha256: 'a'.repeat(64), byteLength: fieldLimits.programBytes } as const;
    const lengths = { inputLength: fieldLimits.vectorLength, outputLength: fieldLimits.vectorLength };
    const welcome: Welcome = {
      ...{ type: 'welcome', runId: 'r'.repeat(64), protocolVersion: 3, contractVersion: 1, profile: 'strict' },
      ...{ microbatchSize: 8, heartbeatMilliseconds: 5000 },
      programs: Array.from({ length: fieldLimits.programCount }, () => ({ ...entry, ...lengths })),
    };
    expect(encodeFrame(welcome).byteLength).toBeLessThan(16 * 1024);
  });
});

const staged = smallConfig({
  keepCheckpoints: 100,
  curriculum: [{ fromStep: 0, task: { contextLength: 1 } }, { fromStep: 2, task: { contextLength: 2 } }, { fromStep: 5 }],
});

describe('training with stages', () => {
  const plan = buildPlan(staged);

  it('asks for the program of each step, and for no segment over the end of a stage', () => {
    const { trainSha256, evaluate, update } = programsOf(plan);
    const stepLimits = [0, 1, 2, 3, 4, 5].map((step) => {
      const training = new Training({
        ...{ plan, backend: interpreter, digest: sha256, digestEvery: 1, checkpointEvery: 1000 },
        programSha256: { train: trainSha256, evaluate: evaluate.sha256 },
        segments: { updateSha256: update.sha256, digestsSums: true },
        resume: resumeAt(step),
      });
      const [job] = training.handle({ type: 'start' }).flatMap((effect) => (effect.type === 'requestJob' ? [effect.job] : []));
      if (job?.kind === 'evaluate') return undefined;
      expect(job?.programSha256).toBe(trainSha256(step));
      return job?.segment?.stepLimit;
    });
    // Evaluations are due at 0 and 3.
    expect(stepLimits).toEqual([undefined, 1, 1, undefined, 1, 1]);
    expect(new Set([0, 1, 2, 3, 4, 5].map(trainSha256)).size).toBe(3);
  });

  it('names the programs of its stages by the steps from which on they are used', () => {
    const { digests, trainSha256, bytes } = programsOf(plan);
    expect(Object.keys(digests)).toEqual(['train', 'evaluate', 'update', 'trainFrom2', 'trainFrom5']);
    expect([digests.train, digests.trainFrom2, digests.trainFrom5]).toEqual([0, 4, 5].map(trainSha256));
    expect(bytes.size).toBe(5);
    expect(Object.keys(programsOf(buildPlan(smallConfig())).digests)).toEqual(['train', 'evaluate', 'update']);
  });

  function resumeAt(step: number) {
    const checkpoint = recordRun(staged, {}).flatMap((record) =>
      record.type === 'checkpoint' && record.checkpoint.step === 6 ? [record.checkpoint] : [],
    )[0]!;
    return { checkpoint: { ...checkpoint, step }, evaluations: [], recorded: new Map<number, string>() };
  }
});

describe('the verification of a run with stages', () => {
  const honest = recordRun(staged);

  async function findingsOf(records: readonly RunRecord[]): Promise<readonly Finding[]> {
    const verification = new Verification({ plan: buildPlan(staged), backend: wasmBackend, digest: sha256, digestEvery: 1 });
    for await (const one of recordsByStep(records, { from: 0, to: 6 })) verification.take(one);
    verification.finish();
    return verification.findings;
  }

  it('confirms the bits of the serial trainer', async () => {
    const serial = [...trainSerially(buildPlan(staged), interpreter, sha256)].map(({ parametersSha256 }) => parametersSha256);
    const recorded = honest.flatMap((record) => (record.type === 'trajectory' ? [record.entry.parametersSha256] : []));
    expect(recorded.slice(1)).toEqual(serial);
    expect(await findingsOf(honest)).toEqual([]);
  });

  it('finds a wrong sum of a later stage', async () => {
    const tamper = (job: JobRequest, _: unknown, sums: Float32Array): void => {
      if (job.kind === 'train' && job.step === 3) flipLastBit(sums, 0);
    };
    expect(await findingsOf(recordRun(staged, { tamper }))).toMatchObject([{ type: 'wrong-sum', step: 3 }]);
  });

  it('finds that a run without its stages is another one', async () => {
    const training = { ...staged.training, curriculum: [] };
    const findings = await findingsOf(recordRun(parseRunConfig({ ...staged, training })));
    expect(findings[0]).toMatchObject({ step: 0 });
  });
});
