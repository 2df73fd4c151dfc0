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
import { foldKey, isFiniteBits, noSequences, type Executable, type Floats } from '../tensor/index.js';
import { sumNode } from './node-sum.js';

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
  const { train, update, request } = work;
  const layout = layoutOf(work, steps.scalarCount);
  const { parameterCount, stateLength, scalarCount, metricCount } = layout;
  const result = new Float32Array(segmentResultLength(layout, steps.stepCount));
  const stateEnd = parameterCount + stateLength;
  const outputs = new Float32Array(update.outputLength);
  const [parameters, state] = [outputs.subarray(0, parameterCount), outputs.subarray(parameterCount, stateEnd)];
  const sums = new Float32Array(train.outputLength);
  const [gradients, lossSums] = [sums.subarray(0, parameterCount), sums.subarray(parameterCount)];
  outputs.set(request.subarray(0, stateEnd));
  const buffers: Float32Array[] = [];
  // A program looks at its own outputs in a fraction of the time; of several microbatches they are not the sums.
  const areOutputsSums = steps.microbatchCount === 1;
  for (let index = 0; index < steps.stepCount; index++) {
    const step = steps.step + index;
    train.load(parameters);
    if (!sumStep({ steps, step, work, buffers }, sums)) return 'cancelled';
    if (!(areOutputsSums && train.hasFiniteOutputs()) && !isFiniteBits(sums)) return 'non-finite';
    const [loss = Number.NaN, lossWeight = Number.NaN] = lossSums;
    const scalars = stateEnd + index * scalarCount;
    update.load(parameters, gradients, lossSums.subarray(1, 2), state, request.subarray(scalars, scalars + scalarCount));
    update.run(noSequences, outputs);
    // A metric may be infinite where the state is not.
    if (!update.hasFiniteOutputs() && !isFiniteBits(outputs.subarray(0, stateEnd))) return 'non-finite';
    const isDigested = index === steps.stepCount - 1 || (step + 1) % steps.digestEvery === 0;
    writeStepRecord(result, layout, index, {
      loss,
      lossWeight,
      metrics: [...outputs.subarray(stateEnd, stateEnd + metricCount)],
      parametersSha256: isDigested ? work.sha256(bytesOf(parameters)) : undefined,
      sumsSha256: steps.digestsSums ? work.sha256(bytesOf(sums)) : undefined,
    });
  }
  result.set(outputs.subarray(0, stateEnd));
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

interface Step {
  readonly steps: SegmentSteps;
  readonly step: number;
  readonly work: SegmentWork;
  readonly buffers: Float32Array[];
}

function sumStep({ steps, step, work, buffers }: Step, sums: Float32Array): boolean {
  const { microbatchSize, microbatchCount } = steps;
  const key = foldKey(steps.key, step);
  return sumNode({ begin: 0, end: microbatchCount }, sums, {
    runLeaf: (index, outputs) => {
      if (work.isCancelled()) return false;
      work.train.run({ key, firstSequence: index * microbatchSize, sequenceCount: microbatchSize }, outputs);
      return true;
    },
    bufferAt: (depth) => (buffers[depth] ??= new Float32Array(sums.length)),
  });
}

const bytesOf = (floats: Float32Array): Uint8Array => new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
