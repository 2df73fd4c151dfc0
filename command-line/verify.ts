// starling verify RUN: computes a run again on one thread and says whether its records are those of that computation.

import { exitCodes, type ExitCode } from './exit-codes.js';
import { formatCount } from './format.js';
import { loadRegistry, type PluginCommandOptions } from './plugins.js';
import { createProgressDisplay, type ProgressDisplay } from './progress.js';
import { openStoredRun, type StoredRun } from './stored-run.js';
import { verifyRun, type StepRange, type VerificationReport, type VerificationRequest } from './verify-run.js';

/** Options of `starling verify`. */
export interface VerifyCommandOptions extends PluginCommandOptions {
  readonly steps?: StepRange;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Verifies a run; gives the exit code. */
export async function runVerify(path: string, options: VerifyCommandOptions): Promise<ExitCode> {
  const { steps, json, quiet } = options;
  const stored = await openStoredRun(path, await loadRegistry(options));
  const display = createProgressDisplay({ stream: process.stderr, quiet, now: () => performance.now() });
  let report: VerificationReport;
  try {
    const onNote = (text: string): void => display.note(text);
    report = await verifyRun(stored, { steps, onStep: showing(display, stored), onNote });
  } finally {
    display.close();
  }
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : describeVerification(report));
  return report.verdict === 'confirmed' ? exitCodes.success : exitCodes.different;
}

/** Shows each step with the rate since the first one, in which programs are compiled. */
function showing(display: ProgressDisplay, { plan }: StoredRun): VerificationRequest['onStep'] {
  let startedAt = performance.now();
  const sequences = plan.microbatchCount * plan.microbatchSize;
  return (step, loss, { from, to }) => {
    if (step <= from + 1) {
      startedAt = performance.now();
      return;
    }
    const rate = ((step - from - 1) * sequences) / ((performance.now() - startedAt) / 1000);
    display.update({
      ...{ step, stepCount: to, loss: loss ?? Number.NaN, sequencesPerSecond: rate, workerCount: undefined },
      secondsLeft: ((to - step) * sequences) / rate,
    });
  };
}

/** A verification in words. */
export function describeVerification({ run, verdict, steps, verifiedSteps, findings }: VerificationReport): string {
  const { from, to } = steps;
  const begin = from === 0 ? 'from the seed' : `from the checkpoint after ${formatCount(from)} steps`;
  const range = `${formatCount(to - from)} ${to - from === 1 ? 'step' : 'steps'} ${begin}`;
  const head = {
    confirmed: `Confirmed: computed again, ${range}, every record of the run has the same bits.`,
    different: `Different: computed again, ${range}; the run itself is right for ${formatCount(verifiedSteps)} of them.`,
    damaged: `Damaged: computed again, ${range}; what can be read agrees for ${formatCount(verifiedSteps)} of them.`,
  }[verdict];
  return [head, ...findings.map(({ message }) => `  ${message}`), `  run folder ${run}`, ''].join('\n');
}
