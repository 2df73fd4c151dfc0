// Which steps of a run have sums of tolerant workers in them: those that nobody can compute again bit by bit.

import { join } from 'node:path';
import { contributionsParser, logFile, nodeDisk, readDamagedLog } from '../coordinator/store/index.js';
import { CommandError, exitCodes } from './exit-codes.js';
import { formatCount } from './format.js';
import type { StoredRun } from './stored-run.js';

/** Sums of tolerant workers in a range of steps. */
interface TolerantPart {
  readonly nodeCount: number;
  /** Steps before the first and the last job with such sums. */
  readonly first: number;
  readonly last: number;
  /** The last state that no such sum has a part in, its evaluation included. */
  readonly exactUntil: number;
}

/**
 * Throws CommandError with code `run-tolerant` where a computation of the steps from one state to another would meet sums of tolerant
 * workers. Exact steps of such a run are like those of any other.
 */
export async function refuseTolerantSteps(
  { folder, config }: StoredRun,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  const { admit, contributionLog } = config.coordination;
  if (admit === 'exact') return;
  const refuse = (found: string, advice: string): CommandError =>
    new CommandError(
      'run-tolerant',
      exitCodes.usage,
      `Cannot verify steps ${from}..${to}: ${found} found, exact ones wanted; ${advice}`,
    );
  const dependence = 'its bits depend on who helped, and nobody can compute them again';
  if (!contributionLog) throw refuse('a run that admits tolerant workers and keeps no log of contributions', dependence);
  const part = await tolerantPart(folder, from, to);
  if (part === undefined) return;
  const steps = part.first === part.last ? `step ${part.first}` : `steps ${part.first} to ${part.last}`;
  const nodes = part.nodeCount === 1 ? '1 tree node' : `${formatCount(part.nodeCount)} tree nodes`;
  const exact = part.exactUntil > from ? `; those before can be verified: --steps ${from}..${part.exactUntil}` : '';
  throw refuse(`${nodes} of tolerant workers in ${steps}`, `${dependence}${exact}`);
}

async function tolerantPart(folder: string, from: number, to: number): Promise<TolerantPart | undefined> {
  let part: TolerantPart | undefined;
  for await (const line of readDamagedLog(nodeDisk, join(folder, logFile('contributions')), contributionsParser())) {
    if ('found' in line) continue;
    const { kind, step, nodes } = line.value;
    const isInRange = step >= from && (kind === 'train' ? step < to : step <= to);
    const count = isInRange ? nodes.filter(({ arithmetic }) => arithmetic === 'tolerant').length : 0;
    if (count === 0) continue;
    const exactUntil = part?.exactUntil ?? (kind === 'train' ? step : step - 1);
    part = { nodeCount: (part?.nodeCount ?? 0) + count, first: part?.first ?? step, last: step, exactUntil };
  }
  return part;
}
