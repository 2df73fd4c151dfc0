// A segment has the bits of the serial trainer, and says where it cannot go on.

import { describe, expect, it } from 'vitest';
import { createWasmBackend, noFusion, wasmBackend } from '../../backends/index.js';
import {
  buildPlan,
  initialState,
  parseRunConfig,
  trainSerially,
  type TrainingPlan,
  type TrainingState,
} from '../../learning/index.js';
import { readStepRecord, segmentLayout, segmentRequestLength, type SegmentLayout } from '../../protocol/index.js';
import { inputLength, interpreter, outputLength, ProgramBuilder, type Backend } from '../../tensor/index.js';
import { computeSegment, type SegmentSteps, type SegmentWork } from '../../worker/index.js';
import { sha256 } from './conversation.js';

const config = parseRunConfig({
  name: 'segment',
  seed: 3,
  task: { name: 'in-context-regression', contextLength: 3, inputDimension: 2, outputDimension: 1 },
  model: { name: 'gated-rnn', hidden: 4 },
  training: { steps: 7, microbatches: 3, microbatchSize: 8 },
});

function layoutOf(plan: TrainingPlan): SegmentLayout {
  const entries = (['train', 'update'] as const).map((role) => {
    const program = role === 'train' ? plan.trainProgram : plan.updateProgram;
    return { role, inputLength: inputLength(program), outputLength: outputLength(program) };
  });
  const layout = segmentLayout(entries, plan.updateScalars(0).length);
  if (layout === undefined) throw new Error('a plan without a segment layout');
  return layout;
}

/** Outputs of its updates do not lie where their inputs do. */
const unfused: Backend = { ...createWasmBackend({ fusion: noFusion }), name: 'wasm without fusion' };

interface SegmentChoices {
  readonly backend: Backend;
  readonly state?: TrainingState | undefined;
  readonly changes?: Partial<SegmentWork>;
}

/** Steps of a plan from a state on, and what they are computed with. */
function segmentOf(plan: TrainingPlan, stepCount: number, { backend, state = initialState(plan), changes }: SegmentChoices) {
  const layout = layoutOf(plan);
  const request = new Float32Array(segmentRequestLength(layout, stepCount));
  request.set(state.parameters);
  request.set(state.optimizerState, layout.parameterCount);
  const scalars = layout.parameterCount + layout.stateLength;
  for (let index = 0; index < stepCount; index++) {
    request.set(plan.updateScalars(state.step + index), scalars + index * layout.scalarCount);
  }
  const { microbatchSize, microbatchCount } = plan;
  const steps: SegmentSteps = {
    ...{ step: state.step, stepCount, key: plan.streamKeyFor('train'), microbatchSize, microbatchCount },
    ...{ scalarCount: layout.scalarCount, digestEvery: 2, digestsSums: true },
  };
  const programs = { train: backend.compile(plan.trainProgram), update: backend.compile(plan.updateProgram) };
  return { steps, layout, work: { ...programs, request, sha256, isCancelled: () => false, ...changes } };
}

const cases = [interpreter, wasmBackend, unfused].flatMap((backend) =>
  [3, 1].map((microbatches) => ({ backend, microbatches, title: `${backend.name}, microbatches: ${microbatches}` })),
);

describe.each(cases)('computeSegment() ($title)', ({ backend, microbatches }) => {
  const plan = buildPlan({ ...config, training: { ...config.training, microbatches } });

  it('takes the steps of the serial trainer, bit by bit, and tells of each of them', () => {
    const serial = [...trainSerially(plan, interpreter, sha256)];
    const { steps, layout, work } = segmentOf(plan, 7, { backend });
    const result = computeSegment(steps, work);
    if (typeof result === 'string') throw new Error(result);
    const last = serial.at(-1)?.state;
    expect(result.subarray(0, layout.parameterCount)).toEqual(last?.parameters);
    expect(result.subarray(layout.parameterCount, layout.parameterCount + layout.stateLength)).toEqual(last?.optimizerState);
    serial.forEach(({ loss, metrics, parametersSha256 }, index) => {
      const record = readStepRecord(result, layout, index);
      expect(record.loss / record.lossWeight).toBe(loss);
      expect(record.metrics).toEqual([...metrics.values()]);
      expect(record.sumsSha256).toMatch(/^[0-9a-f]{64}$/);
      // After every second step, and after the last one.
      expect(record.parametersSha256).toBe(index % 2 === 1 || index === 6 ? parametersSha256 : undefined);
    });
  });

  it('goes on from any state, at any step', () => {
    const serial = [...trainSerially(plan, interpreter, sha256)];
    const { steps, layout, work } = segmentOf(plan, 3, { backend, state: serial[1]?.state });
    const result = computeSegment(steps, work);
    expect(result.slice(0, layout.parameterCount)).toEqual(serial[4]?.state.parameters);
  });

  it('stops where nobody wants it any more', () => {
    let asked = 0;
    const { steps, work } = segmentOf(plan, 7, { backend, changes: { isCancelled: () => ++asked > 4 } });
    expect(computeSegment(steps, work)).toBe('cancelled');
    expect(asked).toBe(5);
  });

  /** A state whose readout, the last parameter, is so many times too large. */
  const stateOf = (factor: number) => {
    const { initial, shapes } = plan.parameters;
    const [rows = 0, columns = 0] = shapes.at(-1) ?? [];
    return {
      ...initialState(plan),
      parameters: initial.map((x, index) => (index < initial.length - rows * columns ? x : x * factor)),
    };
  };

  it('says that a step cannot be taken, and sends nothing', () => {
    const { steps, work } = segmentOf(plan, 3, { backend, state: stateOf(2 ** 100) });
    expect(computeSegment(steps, work)).toBe('non-finite');
  });

  it('goes on where a metric is infinite and the state is not', () => {
    const { steps, layout, work } = segmentOf(plan, 1, { backend, state: stateOf(2 ** 40) });
    const result = computeSegment(steps, work);
    if (typeof result === 'string') throw new Error(result);
    expect(readStepRecord(result, layout, 0).metrics).toEqual([Infinity]);
  });

  it('refuses programs that do not belong together', () => {
    const { steps, work } = segmentOf(plan, 1, { backend });
    expect(() => computeSegment(steps, { ...work, update: work.train })).toThrow(/an update of the same parameters wanted/);
    // As many numbers, in other tensors.
    const builder = new ProgramBuilder();
    builder.output('y', builder.multiply(builder.input('x', 1, work.update.inputLength), 2));
    const joined = builder.build();
    const other = { ...backend.compile(joined), outputLength: work.update.outputLength, inputLength: work.update.inputLength };
    const message = /^Cannot compute segment: tensors of \d+ numbers found, [\d ]+ wanted$/;
    expect(() => computeSegment(steps, { ...work, update: other })).toThrow(message);
  });
});
