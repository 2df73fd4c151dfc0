// A stored run computed again and compared with everything in its folder.

import { wasmBackend } from '../backends/index.js';
import {
  findingLimit,
  recordsByStep,
  RunError,
  Verification,
  verdictOf,
  type Checkpoint,
  type Finding,
  type RunRecord,
  type Verdict,
} from '../coordinator/index.js';
import { sha256 } from '../coordinator/shell/index.js';
import {
  checkpointName,
  folderNames,
  logFile,
  nodeDisk,
  readCheckpoint,
  readHistory,
  type LogFault,
} from '../coordinator/store/index.js';
import { CommandError, exitCodes } from './exit-codes.js';
import { surveyRun, type RunSurvey } from './run-survey.js';
import type { StoredRun } from './stored-run.js';
import { refuseTolerantSteps } from './tolerant-steps.js';

/** From the state after so many steps to that after so many. */
export interface StepRange {
  readonly from: number;
  readonly to: number;
}

type VerificationProgress = Verification['progress'];

/** The result of a verification as `--json` prints it. */
export interface VerificationReport {
  /** The run's folder. */
  readonly run: string;
  readonly verdict: Verdict;
  /** What was computed again. */
  readonly steps: StepRange;
  /** Steps up to which everything recorded agrees, or only records were altered. */
  readonly verifiedSteps: number;
  readonly findings: readonly Finding[];
}

/** What is asked of a verification, and who hears of it. */
export interface VerificationRequest {
  /** Nothing: everything. */
  readonly steps: StepRange | undefined;
  readonly onStep: (step: number, loss: number | null, range: StepRange) => void;
  readonly onNote: (text: string) => void;
}

/** Verifies a run. Throws CommandError where the steps asked for are not recorded. */
export async function verifyRun(stored: StoredRun, request: VerificationRequest): Promise<VerificationReport> {
  const survey = await surveyRun(stored);
  const { steps, start } = await rangeOf(stored, survey, request.steps);
  await refuseTolerantSteps(stored, steps);
  const { plan, config } = stored;
  const { digestEvery } = config.training;
  const verification = new Verification({
    ...{ plan, backend: wasmBackend, digest: sha256, digestEvery },
    ...(start === undefined ? {} : { start }),
  });
  if (!config.coordination.contributionLog) {
    request.onNote('The run keeps no log of contributions: a difference is located to its step, not to a tree node.');
  }
  const faults: Finding[] = [];
  const endStep = endStepOf(survey);
  let atEnd: VerificationProgress | undefined;
  for await (const records of recordsByStep(wholeRecords(stored, survey, { faults, onNote: request.onNote }), steps)) {
    // The logs are read to their ends, so that all damage is told.
    if (verification.isOver) continue;
    const isStart = records.step === start?.step;
    const checkpoint = isStart ? undefined : await checkpointAt(stored, survey, records.step);
    verification.take({ ...records, ...(checkpoint === undefined ? {} : { checkpoint }) });
    if (records.step === endStep) atEnd = verification.progress;
    request.onStep(records.step, verification.progress.loss, steps);
  }
  const isComplete = !verification.isOver;
  verification.finish();
  const end = isComplete && atEnd !== undefined ? compareEnd(verification, survey, atEnd) : [];
  const computed = [...verification.findings, ...end].map(withFile);
  const findings = [...survey.findings, ...faults, ...computed].toSorted((a, b) => a.step - b.step);
  const { verifiedSteps } = verification;
  return { run: stored.folder, verdict: verdictOf(findings), steps, verifiedSteps, findings };
}

async function rangeOf(
  stored: StoredRun,
  { lastStep, startSteps, context }: RunSurvey,
  wanted: StepRange | undefined,
): Promise<{ readonly steps: StepRange; readonly start: Checkpoint | undefined }> {
  const { from, to } = wanted ?? { from: 0, to: lastStep };
  if (to > lastStep) {
    const message = `Cannot verify steps ${from}..${to}: the run is recorded up to step ${lastStep}, steps up to there wanted`;
    throw new CommandError('steps-absent', exitCodes.usage, message);
  }
  const step = startSteps.find((one) => one > 0 && one <= from);
  if (step === undefined) return { steps: { from: 0, to }, start: undefined };
  return { steps: { from: step, to }, start: await readCheckpoint(nodeDisk, stored.folder, { step, context }) };
}

/** The records that can be read; what cannot becomes findings. */
async function* wholeRecords(
  { folder, plan, config }: StoredRun,
  { reach, result }: RunSurvey,
  { faults, onNote }: { readonly faults: Finding[]; readonly onNote: (text: string) => void },
): AsyncGenerator<RunRecord> {
  const { digestEvery } = config.training;
  const keepContributions = config.coordination.contributionLog;
  for await (const item of readHistory(nodeDisk, { folder, plan, digestEvery, keepContributions, reach })) {
    if (item.type !== 'fault') yield item;
    else if (item.isTorn && result === undefined)
      onNote(`The last line of ${item.file} is torn: the run is at work or was interrupted.`);
    else if (faults.length < findingLimit) faults.push(findingOf(item));
    else if (faults.length === findingLimit) onNote('More lines are damaged than are listed.');
  }
}

function findingOf({ kind, file, lineNumber, step, found, wanted }: LogFault): Finding {
  const what =
    kind === 'damaged-line'
      ? `is damaged: ${found} found, ${wanted} wanted`
      : `comes too early: ${found} found, ${wanted} wanted`;
  return { type: kind, step, file, line: lineNumber, found, wanted, message: `Line ${lineNumber} of ${file} ${what}` };
}

/** The checkpoint of a step, where there is a whole one. */
async function checkpointAt(
  { folder }: StoredRun,
  { checkpoints, context }: RunSurvey,
  step: number,
): Promise<Checkpoint | undefined> {
  if (!checkpoints.includes(step)) return undefined;
  try {
    return await readCheckpoint(nodeDisk, folder, { step, context });
  } catch (error) {
    // It was whole before: a coordinator at work has removed it.
    if (error instanceof RunError) return undefined;
    throw error;
  }
}

/**
 * The step that the run says it ended after: its last one. A run that was continued may have been stopped before it came again to steps that
 * it had recorded before.
 */
function endStepOf({ result, lastStep }: RunSurvey): number {
  const steps = result?.['outcome'] === 'stopped' ? result['steps'] : lastStep;
  const isOne = Number.isInteger(steps) && Number(steps) >= 0 && Number(steps) < lastStep;
  return isOne ? Number(steps) : lastStep;
}

/** Compares how the run ended with where the computation had come then. */
function compareEnd(
  verification: Verification,
  { result }: RunSurvey,
  { step, parametersSha256, loss }: VerificationProgress,
): readonly Finding[] {
  if (result === undefined) return [];
  const file = folderNames.result;
  const differs = (what: string, found: unknown, wanted: unknown): readonly Finding[] => {
    if (found === wanted) return [];
    const message = `${file} has ${what} other than the run's last`;
    return [{ type: 'different-record', step, file, found: String(found), wanted: String(wanted), message }];
  };
  const findings = [
    ...differs('a number of steps', result['steps'], step),
    ...differs('parameters', result['parametersSha256'], parametersSha256),
    // A verification that begins at the last step has computed no loss.
    ...(loss === null ? [] : differs('a training loss', result['trainLoss'], loss)),
  ];
  if (result['outcome'] !== 'diverged' || verification.diverges()) return findings;
  const message = `${file} says that the run diverged after ${step} steps; the step after them is finite`;
  return [...findings, { type: 'different-record', step, file, found: 'diverged', wanted: 'a finite step', message }];
}

function withFile(finding: Finding): Finding {
  const file = fileOf(finding);
  return finding.file !== undefined || file === undefined ? finding : { ...finding, file };
}

/** The file whose record a finding is about, where it is one. */
function fileOf({ type, step }: Finding): string | undefined {
  switch (type) {
    case 'altered-contribution':
    case 'different-contribution':
    case 'wrong-sum':
      return logFile('contributions');
    case 'altered-trajectory':
    case 'different-parameters':
      return logFile('trajectory');
    case 'different-checkpoint':
      return `${folderNames.checkpoints}/${checkpointName(step)}`;
    default:
      return undefined;
  }
}
