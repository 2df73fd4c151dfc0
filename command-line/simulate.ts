// starling simulate: worlds in which things go wrong, each from a seed, on a virtual clock and a disk that forgets.

import { Presets, SingleBar } from 'cli-progress';
import {
  crashPointWorlds,
  describeFault,
  lineTrace,
  randomWorld,
  runWorld,
  type WorldPlan,
  type WorldResult,
} from '../tests/simulation/index.js';
import { exitCodes, type ExitCode } from './exit-codes.js';
import { formatCount } from './format.js';

/** Options of `starling simulate`. */
export interface SimulateCommandOptions {
  readonly seed: number;
  readonly worlds: number;
  readonly crashPoints: boolean;
  readonly trace: boolean;
  /** Ends at the first world that goes wrong. */
  readonly stop: boolean;
  readonly json: boolean;
}

interface Tally {
  readonly milliseconds: number[];
  readonly flawed: { readonly seed: number; readonly faults: readonly string[]; readonly flaws: readonly string[] }[];
  refusedCount: number;
}

/** Runs worlds and tells which of them went wrong; gives the exit code. */
export async function runSimulate(options: SimulateCommandOptions): Promise<ExitCode> {
  const worlds = options.crashPoints ? await chosenCrashPoints(options) : randomWorlds(options);
  if (worlds.length === 0) {
    process.stderr.write(`Cannot simulate crash point: --seed ${options.seed} found, the number of one wanted\n`);
    return exitCodes.usage;
  }
  const tally: Tally = { milliseconds: [], flawed: [], refusedCount: 0 };
  const startedAt = performance.now();
  const bar = progressBar(worlds.length, options);
  for (const world of worlds) {
    await simulate(world, tally, options);
    bar?.update(tally.milliseconds.length);
    if (options.stop && tally.flawed.length > 0) break;
  }
  bar?.stop();
  const seconds = (performance.now() - startedAt) / 1000;
  print(tally, seconds, options);
  return tally.flawed.length === 0 ? exitCodes.success : exitCodes.failure;
}

/** A world and the number with which `--seed` chooses it. */
interface NumberedWorld {
  readonly number: number;
  readonly plan: WorldPlan;
}

const randomWorlds = ({ seed, worlds }: SimulateCommandOptions): readonly NumberedWorld[] =>
  Array.from({ length: worlds }, (_, index) => ({ number: seed + index, plan: randomWorld(seed + index) }));

/** Crash points are numbered from 1: those from `--seed` on; with a trace only as many as `--worlds` says. */
async function chosenCrashPoints({ seed, worlds, trace }: SimulateCommandOptions): Promise<readonly NumberedWorld[]> {
  const all = (await crashPointWorlds()).map((plan, index) => ({ number: index + 1, plan }));
  return all.filter(({ number }) => number >= seed && (!trace || number < seed + worlds));
}

/** A bar on a terminal; nothing elsewhere, and nothing between the lines of a trace. */
function progressBar(total: number, { trace, json }: SimulateCommandOptions): SingleBar | undefined {
  if (trace || json || !process.stderr.isTTY) return undefined;
  const format = '{bar} {value} of {total} worlds, {eta_formatted} left';
  const bar = new SingleBar(
    { format, stream: process.stderr, gracefulExit: false, clearOnComplete: true, hideCursor: true },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return bar;
}

async function simulate({ number, plan }: NumberedWorld, tally: Tally, options: SimulateCommandOptions): Promise<void> {
  const faults = plan.faults.map(describeFault);
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  if (options.trace) for (const fault of faults) write(`fault: ${fault}`);
  const startedAt = performance.now();
  const result = await runWorld(plan, options.trace ? { trace: (now) => lineTrace(now, write) } : {});
  tally.milliseconds.push(performance.now() - startedAt);
  if (result.outcome === 'refused') tally.refusedCount += 1;
  if (options.trace) write(`end: ${endOf(result)}`);
  if (result.flaws.length === 0) return;
  tally.flawed.push({ seed: number, faults, flaws: result.flaws });
  if (options.json) return;
  const replay = `npx starling simulate ${options.crashPoints ? '--crash-points ' : ''}--seed ${number} --trace`;
  write(
    [`World ${number} went wrong:`, ...result.flaws.map((flaw) => `  ${flaw}`), ...faults.map((one) => `  fault: ${one}`)].join(
      '\n',
    ),
  );
  write(`  replay with: ${replay}`);
}

function endOf({ outcome, refusal, virtualMilliseconds, coordinatorLives }: WorldResult): string {
  const lives = coordinatorLives === 1 ? 'one coordinator' : `${coordinatorLives} coordinators`;
  const words = refusal === undefined ? outcome : `${outcome}: ${refusal}`;
  return `${words}, after ${(virtualMilliseconds / 1000).toFixed(3)} s of virtual time and ${lives}`;
}

function print({ milliseconds, flawed, refusedCount }: Tally, seconds: number, { json }: SimulateCommandOptions): void {
  const median = milliseconds.toSorted((a, b) => a - b)[milliseconds.length >> 1] ?? 0;
  if (json) {
    const result = { worlds: milliseconds.length, flawed, refused: refusedCount, medianMilliseconds: median, seconds };
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const wrong = flawed.length === 0 ? 'none went wrong' : `${formatCount(flawed.length)} went wrong`;
  const refused = `${formatCount(refusedCount)} ended with a refusal that harmed nothing`;
  const time = `median ${median.toFixed(1)} ms a world, ${seconds.toFixed(1)} s in all`;
  process.stdout.write(`${formatCount(milliseconds.length)} worlds: ${wrong}, ${refused}; ${time}\n`);
}
