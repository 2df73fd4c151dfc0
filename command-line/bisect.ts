// starling bisect A B: where two runs part, and what differs between them.

import { join, resolve } from 'node:path';
import {
  compareContributions,
  compareTrajectories,
  describeNode,
  shortDigest,
  type CommonTrajectory,
  type JobRecord,
  type NodeComparisonOfRuns,
  type TrajectoryEntry,
} from '../coordinator/index.js';
import {
  contributionsParser,
  logFile,
  nodeDisk,
  readLog,
  readManifest,
  trajectoryParser,
  type ConfigurationReader,
  type RunManifest,
} from '../coordinator/store/index.js';
import { parseRunConfig, type RunConfig } from '../learning/index.js';
import { configurationDifferences, describeDifference, type ConfigurationDifference } from './configuration-differences.js';
import { exitCodes, type ExitCode } from './exit-codes.js';

/** Options of `starling bisect`. */
export interface BisectCommandOptions {
  readonly json: boolean;
}

/** The result of a bisection as `--json` prints it. */
export interface BisectionReport extends CommonTrajectory {
  /** The runs' folders. */
  readonly a: string;
  readonly b: string;
  /** `incomparable`: the runs have no recorded step in common. */
  readonly verdict: 'equal' | 'different' | 'incomparable';
  /** In configuration, programs and versions. */
  readonly differences: readonly ConfigurationDifference[];
  /** Undefined where the trajectories do not part, or part before the first step. */
  readonly contributions: NodeComparisonOfRuns | undefined;
  /** Logs that could be read in part only. */
  readonly warnings: readonly string[];
}

/** Compares two runs; gives the exit code. */
export async function runBisect(a: string, b: string, { json }: BisectCommandOptions): Promise<ExitCode> {
  const report = await bisectRuns(resolve(a), resolve(b));
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : describeBisection(report));
  return report.verdict === 'equal' ? exitCodes.success : exitCodes.different;
}

/** Finds where two runs part. Throws RunError where a folder holds no run. */
export async function bisectRuns(a: string, b: string): Promise<BisectionReport> {
  const [manifestA, manifestB] = [await readManifest(nodeDisk, a, asRecorded), await readManifest(nodeDisk, b, asRecorded)];
  const warnings: string[] = [];
  const [entriesA, entriesB] = [await trajectoryOf(a, warnings), await trajectoryOf(b, warnings)];
  const isAlike = manifestA.configuration.training.digestEvery === manifestB.configuration.training.digestEvery;
  const trajectory = compareTrajectories(entriesA, entriesB, isAlike ? 'chain' : 'parametersSha256');
  const { divergence, lastEqualStep } = trajectory;
  const isSteps = divergence !== undefined && lastEqualStep !== undefined;
  const contributions = isSteps
    ? await compareContributions(jobsOf(a, warnings), jobsOf(b, warnings), { from: lastEqualStep, to: divergence.step })
    : undefined;
  const differences = manifestDifferences(manifestA, manifestB);
  return {
    ...{
      a,
      b,
      verdict: trajectory.common === undefined ? 'incomparable' : divergence === undefined ? 'equal' : 'different',
      differences,
    },
    ...trajectory,
    contributions,
    warnings,
  };
}

/** A configuration that names plugins is compared as it was recorded, so that no code of theirs is needed. */
const asRecorded: ConfigurationReader = (raw, plugins) => (plugins.length === 0 ? parseRunConfig(raw) : (raw as RunConfig));

function manifestDifferences(a: RunManifest, b: RunManifest): readonly ConfigurationDifference[] {
  const versions = ({ software, protocolVersion, contractVersion, profile, programs, plugins = [] }: RunManifest) => ({
    ...{ software, protocolVersion, contractVersion, profile, programs },
    plugins: Object.fromEntries(plugins.map(({ name, ...file }) => [name, file])),
  });
  return [...configurationDifferences(a.configuration, b.configuration), ...configurationDifferences(versions(a), versions(b))];
}

async function trajectoryOf(folder: string, warnings: string[]): Promise<readonly TrajectoryEntry[]> {
  const entries: TrajectoryEntry[] = [];
  for await (const entry of wholeLines(folder, 'trajectory', { parse: trajectoryParser(), warnings })) entries.push(entry);
  return entries;
}

async function* jobsOf(folder: string, warnings: string[]): AsyncGenerator<JobRecord> {
  for await (const { kind, step, nodes } of wholeLines(folder, 'contributions', { parse: contributionsParser(), warnings })) {
    const contributions = nodes.map(({ begin, end, worker, sha256 }) => ({ begin, end, workerId: worker, sha256 }));
    yield { type: 'contributions', kind, step, contributions };
  }
}

/** The lines of a log up to its first damage. */
async function* wholeLines<T>(
  folder: string,
  name: 'trajectory' | 'contributions',
  { parse, warnings }: { readonly parse: (value: unknown) => T; readonly warnings: string[] },
): AsyncGenerator<T> {
  const path = join(folder, logFile(name));
  const lines = readLog(nodeDisk, path, parse);
  try {
    for (let line = await lines.next(); ; line = await lines.next()) {
      if (line.done !== true) {
        yield line.value.value;
        continue;
      }
      if (line.value !== undefined)
        warnings.push(`Line ${line.value.lineNumber} of ${path}: ${line.value.found}; read up to there`);
      return;
    }
  } finally {
    await lines.return(undefined);
  }
}

/** A bisection in words. */
export function describeBisection(report: BisectionReport): string {
  const { a, b, differences, warnings } = report;
  const list = differences.map((difference) => `  ${describeDifference(difference, ['in A', 'in B'])}`);
  return [
    ...[`A  ${a}`, `B  ${b}`, ''],
    ...(list.length === 0 ? ['Configuration, programs and versions are the same.'] : ['What differs by intention:', ...list]),
    ...[describeTrajectories(report), ...describeContributions(report), ...warnings, ''],
  ].join('\n');
}

function describeTrajectories({ common, comparedBy, divergence, lastEqualStep }: BisectionReport): string {
  if (common === undefined) return 'The runs have no step in common: nothing was compared.';
  const by = comparedBy === 'chain' ? 'trajectories' : 'parameters';
  if (divergence === undefined) return `Equal: the ${by} are the same in all common records, up to step ${common.to}.`;
  const { step, a, b } = divergence;
  const [digestA, digestB] = [shortDigest(a.parametersSha256), shortDigest(b.parametersSha256)];
  const what =
    a.parametersSha256 === b.parametersSha256
      ? `their records: loss ${String(a.loss)} in A, ${String(b.loss)} in B, the same parameters`
      : `parameters ${digestA} in A, ${digestB} in B`;
  if (lastEqualStep === undefined) return `Different from the first common record on, after ${step} steps: ${what}.`;
  return `Different: the same up to step ${lastEqualStep}; after ${step} steps ${what}.`;
}

function describeContributions({ contributions }: BisectionReport): readonly string[] {
  if (contributions === undefined) return [];
  const { jobCount, nodeCount, divergence } = contributions;
  if (divergence !== undefined) {
    const { step, node, a, b } = divergence;
    const origin = ({ worker, sha256 }: typeof a, name: string): string =>
      `${shortDigest(sha256)} of worker ${worker} in ${name}`;
    return [`First different tree node: step ${step}, ${describeNode(node)}: ${origin(a, 'A')}, ${origin(b, 'B')}.`];
  }
  if (jobCount === 0) return ['The logs of contributions do not both have that step: no tree node can be named.'];
  if (nodeCount === 0) return ['The logs of contributions have no tree node of that step in common: none can be named.'];
  const nodes = `${nodeCount} common tree ${nodeCount === 1 ? 'node' : 'nodes'}`;
  return [
    `All ${nodes} of the steps between are equal: the sums were the same as far as they can be compared, the updates were not.`,
  ];
}
