// The steps that a run has left in its log of measures, for curves.

import type { Disk } from '../store/index.js';

/** A step as a log has it. */
export interface RecordedStep {
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
}

const lineFeed = 0x0a;
/** So many lines are read within a fraction of a second. */
const mostSteps = 50_000;

/** Steps of a log of measures up to the first one that will be done again. Of more than `limit`, evenly spread ones are read and no others. */
export async function* recordedSteps(
  disk: Disk,
  path: string,
  { lastStep, limit = mostSteps }: { readonly lastStep: number; readonly limit?: number },
): AsyncGenerator<RecordedStep> {
  const stride = Math.ceil(lastStep / limit);
  let rest: Uint8Array = new Uint8Array(0);
  let lineNumber = 0;
  for await (const piece of disk.readPieces(path)) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let begin = 0;
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, begin)) {
      lineNumber += 1;
      const line = lineNumber % stride === 0 ? readStep(bytes.subarray(begin, end)) : undefined;
      begin = end + 1;
      if (line === undefined) continue;
      if (line.step > lastStep) return;
      yield line;
    }
    rest = bytes.subarray(begin);
  }
}

/** A line of a step; undefined for any other, a torn one included. */
function readStep(bytes: Uint8Array): RecordedStep | undefined {
  try {
    const line = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')) as Readonly<
      Record<string, unknown>
    >;
    const { type, step, loss, learningRate } = line;
    const isStep = type === 'step' && typeof step === 'number' && typeof loss === 'number' && typeof learningRate === 'number';
    return isStep ? { step, loss, learningRate } : undefined;
  } catch {
    return undefined;
  }
}
