// A segment: consecutive optimizer steps by one thread, state in, state out.
//
//   sums = Σ over the tree of microbatches      (θ, state) ← update(θ, sums, state, scalars)      step ← step + 1
//
// The programs and their order are those of the serial trainer, so the bits are too.

import {
  segmentLayout,
  segmentResultLength,
  writeStepRecord,
  type ProgramEntry,
  type Segment,
  type SegmentLayout,
} from '../protocol/index.js';
import { foldKey, isFiniteBits, type Executable, type Floats } from '../tensor/index.js';
import { sumNode } from './node-sum.js';
import { copyInto, numberOf, SegmentMemory, viewsOf } from './segment-memory.js';

/** What a segment's lease says of its steps. */
export type SegmentSteps = Pick<
  Segment,
  'step' | 'stepCount' | 'key' | 'microbatchCount' | 'scalarCount' | 'digestEvery' | 'digestsSums'
> & { readonly microbatchSize: number };

/** What a segment is computed with. */
export interface SegmentWork {
  readonly train: Executable;
  readonly update: Executable;
  /** State and scalars, as they travel; never written. */
  readonly request: Float32Array;
  readonly sha256: (bytes: Uint8Array) => string;
  /** Whether nobody wants the result any more; asked before every microbatch. */
  readonly isCancelled: () => boolean;
}

/** The steps' result, as it travels; 'cancelled', or 'non-finite' where a step cannot be taken: which one, single steps will tell. */
export function computeSegment(steps: SegmentSteps, work: SegmentWork): Floats | 'cancelled' | 'non-finite' {
  const { train, request } = work;
  const layout = layoutOf(work, steps.scalarCount);
  const stateEnd = layout.parameterCount + layout.stateLength;
  const result = new Float32Array(segmentResultLength(layout, steps.stepCount));
  const [state, parameters] = [result.subarray(0, stateEnd), result.subarray(0, layout.parameterCount)];
  // Of one microbatch the sums are what the program leaves.
  const flat = steps.microbatchCount === 1 ? undefined : new Float32Array(train.outputLength);
  const sums = flat === undefined ? train.outputs : viewsOf(flat, train.outputs);
  const [loss, lossWeight] = sums.slice(-2);
  const memory = new SegmentMemory(work, layout, sums);
  const { metrics } = memory;
  const sumStep = stepSums({ steps, work }, flat);
  state.set(request.subarray(0, stateEnd));
  memory.begin(state);
  for (let index = 0; index < steps.stepCount; index++) {
    const step = steps.step + index;
    train.prepare();
    if (!sumStep(step)) return 'cancelled';
    if (!(flat === undefined ? train.hasFiniteOutputs() : isFiniteBits(flat))) return 'non-finite';
    // A metric may be infinite where the state is not.
    if (!memory.update(request, stateEnd + index * layout.scalarCount)) {
      memory.copyState(state);
      if (!isFiniteBits(state)) return 'non-finite';
    }
    const isDigested = index === steps.stepCount - 1 || (step + 1) % steps.digestEvery === 0;
    if (isDigested) memory.copyParameters(parameters);
    writeStepRecord(result, layout, index, {
      loss: numberOf(loss),
      lossWeight: numberOf(lossWeight),
      metrics,
      parametersSha256: isDigested ? work.sha256(bytesOf(parameters)) : undefined,
      sumsSha256: steps.digestsSums ? work.sha256(bytesOf(flat ?? joined(sums))) : undefined,
    });
  }
  memory.copyState(state);
  return result;
}

/** Throws RangeError where the programs are not those of a segment. */
function layoutOf({ train, update, request }: SegmentWork, scalarCount: number): SegmentLayout {
  const entries: readonly Pick<ProgramEntry, 'role' | 'inputLength' | 'outputLength'>[] = [
    { role: 'train', inputLength: train.inputLength, outputLength: train.outputLength },
    { role: 'update', inputLength: update.inputLength, outputLength: update.outputLength },
  ];
  const layout = segmentLayout(entries, scalarCount);
  if (layout === undefined) {
    const found = `${train.inputLength} parameters and ${update.inputLength} inputs of the update`;
    throw new RangeError(`Cannot compute segment: ${found} found, an update of the same parameters wanted`);
  }
  if (request.length < layout.parameterCount + layout.stateLength) {
    throw new RangeError(`Cannot compute segment: a state of ${request.length} numbers found, more wanted`);
  }
  return layout;
}

/**
 * Leaves a step's sums in the training program, or in a flat vector where there are several microbatches; the function gives false if nobody
 * wants them.
 */
function stepSums(
  { steps, work }: { readonly steps: SegmentSteps; readonly work: SegmentWork },
  flat: Float32Array | undefined,
): (step: number) => boolean {
  const { microbatchSize, microbatchCount } = steps;
  const buffers: Float32Array[] = [];
  let key = steps.key;
  const runLeaf = (index: number, outputs?: Float32Array): boolean => {
    if (work.isCancelled()) return false;
    work.train.run({ key, firstSequence: index * microbatchSize, sequenceCount: microbatchSize }, outputs);
    return true;
  };
  const root = { begin: 0, end: microbatchCount };
  return (step) => {
    key = foldKey(steps.key, step);
    if (flat === undefined) return runLeaf(0);
    return sumNode(root, flat, { runLeaf, bufferAt: (depth) => (buffers[depth] ??= new Float32Array(flat.length)) });
  };
}

const bytesOf = (floats: Float32Array): Uint8Array => new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);

function joined(tensors: readonly Floats[]): Floats {
  const values = new Float32Array(tensors.reduce((sum, { length }) => sum + length, 0));
  copyInto(values, tensors);
  return values;
}
