// What every peer is asked, and what it answers.

import { sampleStep } from '../sampling.js';
import type { Timing } from '../statistics.js';
import type { Workload } from '../workloads.js';

/** A workload to train; the data lies ready, so drawing it costs nothing. */
export interface PeerTask {
  readonly workload: Workload;
  readonly threads: number;
  readonly milliseconds: number;
}

/** One way to write the workload down. Peers are measured in several, and the fastest counts. */
export interface FormTiming {
  readonly form: string;
  readonly timing: Timing;
}

/** A peer's version and its times for a batch, by form; what failed says why. */
export interface PeerAnswer {
  readonly version: string;
  readonly forms: readonly FormTiming[];
  readonly failures: readonly string[];
}

/** Times forms one after the other. The first step, which compiles, stays outside. */
export async function timeForms(
  forms: readonly { readonly name: string; readonly prepare: () => () => unknown }[],
  milliseconds: number,
): Promise<Pick<PeerAnswer, 'forms' | 'failures'>> {
  const timed: FormTiming[] = [];
  const failures: string[] = [];
  for (const { name, prepare } of forms) {
    try {
      const timing = await sampleStep(prepare(), { clock: 'processor', warmUpMilliseconds: milliseconds / 4, milliseconds });
      timed.push({ form: name, timing });
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`);
    }
  }
  return { forms: timed, failures };
}

/** Numbers uniform between −bound and bound; what they are does not matter, so a short recurrence draws them. */
export function uniformNumbers(count: number, bound: number): Float32Array<ArrayBuffer> {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return bound * (state / 2 ** 31 - 1);
  });
}
