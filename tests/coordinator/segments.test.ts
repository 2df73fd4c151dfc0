// Several steps by one worker: who is given them, how they come back, and what happens where they do not.

import { describe, expect, it } from 'vitest';
import {
  readStepRecord,
  segmentLayout,
  segmentResultLength,
  writeStepRecord,
  type Hello,
  type Segment,
} from '../../protocol/index.js';
import { bytesOfFloats } from '../../protocol/index.js';
import { defaultScheduling, type CoreOptions, type JobRequest } from '../../coordinator/index.js';
import { jobOf, outputLength, sha256, ToyRun, toySum, trainSha256 } from './toy-run.js';

const updateSha256 = '2'.repeat(64);
const laterSha256 = '4'.repeat(64);
const evaluateSha256 = '3'.repeat(64);
/** Three parameters, their state of two numbers, one scalar, one metric. */
const programs = [
  { role: 'train', sha256: trainSha256, bytes: Uint8Array.of(1), inputLength: 3, outputLength },
  { role: 'evaluate', sha256: evaluateSha256, bytes: Uint8Array.of(2), inputLength: 3, outputLength },
  { role: 'update', sha256: updateSha256, bytes: Uint8Array.of(3), inputLength: 10, outputLength: 6 },
] as const;
const layout = segmentLayout(programs, 1)!;

const alone: Partial<Hello> = { segments: true, threadCount: 1 };

function requestAt(step: number, stepLimit = 100): JobRequest {
  return {
    ...jobOf(4, step),
    segment: {
      ...{ updateSha256, key: [5, 6], optimizerState: Float32Array.of(7, 8), stepLimit, scalarCount: 1 },
      ...{ scalars: (at) => Float32Array.of(at / 100), digestEvery: 1, digestsSums: false },
    },
  };
}

/** The same, and a training program of a later stage. */
const staged = [...programs, { ...programs[0], sha256: laterSha256, bytes: Uint8Array.of(4) }];

class SegmentRun extends ToyRun {
  #step = 0;

  constructor(ofRun: CoreOptions['programs'] = programs) {
    super({ programs: ofRun });
  }

  /** The segments that connections were sent, the oldest first. */
  get segments(): readonly { readonly connection: number; readonly message: Segment; readonly payload: Float32Array }[] {
    return this.effects.flatMap((effect) => {
      if (effect.type !== 'send' || effect.message.type !== 'segment') return [];
      return [{ connection: effect.connections[0] ?? -1, message: effect.message, payload: effect.payload as Float32Array }];
    });
  }

  ask(request: JobRequest): void {
    this.do({ type: 'jobRequested', job: request });
  }

  /** The ways in which the next jobs go: reductions, and segments by their steps, take so many milliseconds. */
  waysOf(count: number, programSha256: string, times = { reduction: 1, segment: 10 }): string {
    const ways = Array.from({ length: count }, () => {
      const before = this.segments.length;
      this.ask({ ...requestAt(this.#step), programSha256 });
      const given = this.segments.at(before);
      this.now += given === undefined ? times.reduction : times.segment * given.message.stepCount;
      if (given === undefined) for (const connection of [1, 2]) while (this.held(connection) !== '') this.answer(connection);
      else this.finish(given.connection, given.message);
      this.#step += given?.message.stepCount ?? 1;
      return given === undefined ? 'r' : 's';
    });
    return ways.join('');
  }

  finish(connection: number, { leaseId, jobId, parametersSha256, stepCount, microbatchCount }: Segment, spoil = false): void {
    const result = new Float32Array(segmentResultLength(layout, stepCount));
    result.set([1, 2, 3]);
    for (let index = 0; index < stepCount; index++) {
      const digest = sha256(bytesOfFloats(Float32Array.of(1, 2, spoil ? 4 : 3)));
      writeStepRecord(result, layout, index, {
        loss: 1,
        lossWeight: 2,
        metrics: [3],
        parametersSha256: digest,
        sumsSha256: undefined,
      });
    }
    const range = { leaseId, jobId, parametersSha256, begin: 0, end: microbatchCount, stepCount };
    const seal = { finite: true, payloadSha256: sha256(bytesOfFloats(result)), computeMilliseconds: 1 };
    this.say(connection, { type: 'contribution', ...range, ...seal }, result);
  }
}

describe('segments', () => {
  it('are given to a worker of one thread that is alone, with its state and its scalars', () => {
    const run = new SegmentRun();
    run.join(1, alone);
    run.ask(requestAt(10, 3));
    const [given] = run.segments;
    expect(given?.message).toMatchObject({ step: 10, stepCount: 3, programSha256: trainSha256, updateSha256, key: [5, 6] });
    const wanted = [10, 1, 2, 7, 8, 0.1, 0.11, 0.12].map(Math.fround);
    expect([...(given?.payload ?? [])]).toEqual(wanted);
    run.now = 30;
    run.finish(1, given!.message);
    expect(run.results[0]).toMatchObject({ kind: 'train', step: 10, stepCount: 3, milliseconds: 30 });
    expect(readStepRecord(run.results[0]!.outputs, layout, 2)).toMatchObject({ loss: 1, lossWeight: 2, metrics: [3] });
    expect(run.core.statistics[0]).toMatchObject({ committedNodes: 3, microbatches: 12, computeMilliseconds: 1 });
  });

  it.each([
    { stepLimit: 100, stepCounts: [50, 50], why: 'two parts are nearer to the usual 41 than three' },
    { stepLimit: 60, stepCounts: [60], why: 'a rest of 19 would cost as much time between two segments' },
    { stepLimit: 1000, stepCounts: [42, 42, 42], why: 'a small part of many steps is as long as usual' },
  ])('go up to a limit of $stepLimit in equal parts of $stepCounts: $why', ({ stepLimit, stepCounts }) => {
    const run = new SegmentRun();
    run.join(1, alone);
    // A worker whose pace is not known is given few steps.
    run.ask(requestAt(0));
    const [first] = run.segments;
    expect(first?.message.stepCount).toBe(8);
    run.now = 8 * 12;
    run.finish(1, first!.message);
    let left = stepLimit;
    const found = stepCounts.map(() => {
      run.ask(requestAt(108 + stepLimit - left, left));
      const { message } = run.segments.at(-1)!;
      run.now += 12 * message.stepCount;
      run.finish(1, message);
      left -= message.stepCount;
      return message.stepCount;
    });
    expect(found).toEqual(stepCounts);
  });

  it('are not given to tabs, to volunteers, or to workers that do not say that they take them', () => {
    for (const hello of [{ ...alone, kind: 'browser' }, { threadCount: 1 }, { ...alone, segments: false }] as const) {
      const run = new SegmentRun();
      run.join(1, hello);
      run.ask(requestAt(0));
      expect(run.segments).toEqual([]);
      expect(run.held(1)).toBe('[0,4)');
    }
  });

  it('bring the update program only to those who take them', () => {
    const run = new SegmentRun();
    const rolesOf = (connection: number, hello: Partial<Hello>): unknown =>
      run.join(connection, hello).flatMap((effect) => {
        return effect.type === 'send' && effect.message.type === 'welcome' ? effect.message.programs.map(({ role }) => role) : [];
      });
    expect(rolesOf(1, alone)).toEqual(['train', 'evaluate', 'update']);
    expect(rolesOf(2, {})).toEqual(['train', 'evaluate']);
  });

  it('grow to the wished duration once their pace is known', () => {
    const run = new SegmentRun();
    run.join(1, alone);
    let step = 0;
    for (const lengths of [8, 50, 50, 50]) {
      run.ask(requestAt(step));
      const { message } = run.segments.at(-1)!;
      expect(message.stepCount).toBe(lengths);
      // Ten milliseconds for each step.
      run.now += 10 * message.stepCount;
      run.finish(1, message);
      step += message.stepCount;
    }
    expect(defaultScheduling.segmentMilliseconds).toBe(500);
  });

  it.each([
    ['reductions', 2, 10],
    ['segments', 50, 10],
  ])('compete with reductions among several workers: %s win', (winner, reductionMilliseconds, segmentMilliseconds) => {
    const run = new SegmentRun();
    run.join(1, alone);
    run.join(2, alone);
    let step = 0;
    for (let round = 0; round < 12; round++) {
      const before = run.segments.length;
      run.ask(requestAt(step));
      const given = run.segments.at(before);
      if (given === undefined) {
        run.now += reductionMilliseconds;
        for (const connection of [1, 2]) while (run.held(connection) !== '') run.answer(connection);
        step += 1;
      } else {
        run.now += segmentMilliseconds * given.message.stepCount;
        run.finish(given.connection, given.message);
        step += given.message.stepCount;
      }
    }
    run.ask(requestAt(step));
    expect(run.segments.at(-1)?.message.step === step).toBe(winner === 'segments');
  });

  it('are tried again where another program begins: what was measured of the one before says nothing', () => {
    const run = new SegmentRun(staged);
    run.join(1, alone);
    run.join(2, alone);
    expect(run.waysOf(9, trainSha256)).toBe('rrrsssrrr');
    expect(run.waysOf(9, laterSha256)).toBe('rrrsssrrr');
  });

  it('are tried again after a minute, or later where it takes long: machines become slower and faster', () => {
    const run = new SegmentRun();
    run.join(1, alone);
    run.join(2, alone);
    expect(run.waysOf(8, trainSha256)).toBe('rrrsssrr');
    run.now += defaultScheduling.compareAgainMilliseconds;
    expect(run.waysOf(8, trainSha256, { reduction: 100, segment: 4000 })).toBe('rrrsssrr');
    // Three segments of several seconds are not worth while once a minute.
    run.now += defaultScheduling.compareAgainMilliseconds;
    expect(run.waysOf(3, trainSha256)).toBe('rrr');
    run.now += 1e7;
    expect(run.waysOf(8, trainSha256)).toBe('rrrsssrr');
  });

  it('are given to another worker when their own has gone, from their beginning', () => {
    const run = new SegmentRun();
    run.join(1, alone);
    run.ask(requestAt(5, 3));
    run.leave(1);
    run.join(2, alone);
    expect(run.segments.map(({ connection, message }) => [connection, message.step, message.stepCount])).toEqual([
      [1, 5, 3],
      [2, 5, 3],
    ]);
    run.finish(2, run.segments[1]!.message);
    expect(run.results).toHaveLength(1);
  });

  it('become reductions where one has failed, for a minute, then for two', () => {
    const run = new SegmentRun();
    run.join(1, { ...alone, threadCount: 8 });
    expect(run.waysOf(3, trainSha256, { reduction: 600, segment: 0 })).toBe('rrr');
    run.ask(requestAt(3));
    for (const rest of [60_000, 120_000, 240_000]) {
      const { message } = run.segments.at(-1)!;
      expect(message.stepCount).toBe(1);
      run.say(1, { type: 'release', leaseIds: [message.leaseId], reason: 'error', detail: 'it took longer than 30000 ms' });
      run.now += 1000;
      run.do({ type: 'tick' });
      run.answer(1);
      expect(run.results.at(-1)).toMatchObject({ step: message.step, stepCount: undefined });
      run.now += rest - 1001;
      run.ask(requestAt(message.step + 1));
      run.answer(1);
      run.now += 1;
      for (let step = message.step + 2; run.segments.at(-1)?.message === message; step++) {
        run.ask(requestAt(step));
        if (run.segments.at(-1)?.message === message) run.answer(1);
      }
    }
  });

  it('are not tried where all threads together are much faster than one', () => {
    const run = new SegmentRun();
    run.join(1, { ...alone, threadCount: 8 });
    for (let step = 0; step < 6; step++) {
      run.ask(requestAt(step));
      // Microbatches of which one thread would take twelve seconds for a step.
      while (run.held(1) !== '') {
        run.now += 1500;
        run.answer(1);
      }
    }
    expect(run.results).toHaveLength(6);
    expect(run.segments).toEqual([]);
  });

  it('become reductions where only others are left', () => {
    const run = new SegmentRun();
    run.join(1, alone);
    run.ask(requestAt(5, 3));
    run.leave(1);
    run.join(2, {});
    expect(run.held(2)).toBe('[0,4)');
    run.answer(2);
    expect(run.results[0]).toMatchObject({ step: 5, stepCount: undefined });
    expect(run.results[0]!.outputs).toEqual(toySum({ begin: 0, end: 4 }, 5));
  });

  it('whose steps are not finite are taken one by one, all of them', () => {
    const run = new SegmentRun();
    run.join(1, alone);
    run.ask(requestAt(5, 3));
    const { leaseId, jobId, parametersSha256, stepCount } = run.segments[0]!.message;
    const range = { leaseId, jobId, parametersSha256, begin: 0, end: 4, stepCount };
    const seal = { finite: false, payloadSha256: sha256(new Uint8Array(0)), computeMilliseconds: 1 };
    run.say(1, { type: 'contribution', ...range, ...seal });
    for (const step of [5, 6, 7]) {
      if (step > 5) run.ask(requestAt(step, 8 - step));
      while (run.held(1) !== '') run.answer(1);
      expect(run.results.at(-1)).toMatchObject({ step, stepCount: undefined });
    }
    run.ask(requestAt(8));
    expect(run.segments.at(-1)?.message.step).toBe(8);
    expect(run.divergedStep).toBeUndefined();
  });

  it('are refused with their worker where the parameters are not those of the last digest', () => {
    const run = new SegmentRun();
    run.join(1, alone);
    run.ask(requestAt(5, 3));
    run.finish(1, run.segments[0]!.message, true);
    expect(run.results).toEqual([]);
    expect(run.effects.some((effect) => effect.type === 'close' && effect.code === 'contribution-mismatch')).toBe(true);
  });

  it('are refused where they have another number of steps', () => {
    const run = new SegmentRun();
    run.join(1, alone);
    run.ask(requestAt(5, 3));
    run.finish(1, { ...run.segments[0]!.message, stepCount: 2 });
    expect(run.results).toEqual([]);
    expect(
      run.effects.some((effect) => effect.type === 'close' && /2 steps found, a segment of 3 steps wanted/.test(effect.reason)),
    ).toBe(true);
  });
});
