// What a soak shows, as statements that hold or do not.

import { median } from '../../benchmarks/statistics.js';
import { repeatedIntervals, type SurvivedRun } from '../integration/coordinator-kills.js';
import type { Recomputation } from './recomputation.js';
import { floorsOf, slopeOf, thirds, type Sample, type TabSample } from './samples.js';

/** A statement about a soak. */
export interface Verdict {
  readonly statement: string;
  readonly found: string;
  /** Undefined where it could not be judged; `found` says why. */
  readonly holds: boolean | undefined;
}

const slopeLimitMegabytesPerMinute = 1;
/** Below this a process has not settled: its heap still grows to the size that it will keep. */
const settledMinutes = 10;
const stepTimeBand = 1.25;
const continueMilliseconds = 5000;

const slopeText = (slope: number): string => (Number.isNaN(slope) ? 'not known' : `${slope.toFixed(2)} MB/min`);

/** What the samples of a run under churn show. */
export function churnVerdicts(samples: readonly Sample[], minutes: number): readonly Verdict[] {
  const [, second, last] = thirds(samples, minutes);
  const settled = [...second, ...last];
  const rss = slopeOf(settled.map((sample) => [sample.minutes, sample.rssMegabytes]));
  const heap = slopeOf(settled.map((sample) => [sample.minutes, sample.heapMegabytes]));
  const slopes = `resident ${slopeText(rss)}, heap ${slopeText(heap)}`;
  const times = [second, last].map((part) => median(part.flatMap(({ millisecondsPerStep }) => millisecondsPerStep ?? [])));
  const [before = NaN, after = NaN] = times;
  return [
    memoryVerdict(slopes, minutes, Math.max(rss, heap)),
    descriptorVerdict(second, last),
    {
      statement: `A step takes as long in the last third as in the second, within a factor of ${stepTimeBand}`,
      found: `medians ${before.toFixed(2)} ms and ${after.toFixed(2)} ms`,
      holds: after < before * stepTimeBand && before < after * stepTimeBand,
    },
  ];
}

/** Connections aside, a coordinator has as many descriptors at the end as before. */
function descriptorVerdict(second: readonly Sample[], last: readonly Sample[]): Verdict {
  const statement = 'The last third has no more open descriptors than the second, connected workers aside';
  const aside = (part: readonly Sample[]): number =>
    median(part.flatMap(({ descriptors, workers }) => (descriptors === undefined ? [] : descriptors - workers)));
  const [before, after] = [aside(second), aside(last)];
  if (Number.isNaN(after)) return { statement, found: 'this system does not show them', holds: undefined };
  return { statement, found: `medians ${before} and ${after}`, holds: after <= before + 1 };
}

const leastContributionsPerSecond = 1000;
/** Half a minute of samples. */
const floorSamples = 10;

/** What the samples of a run under tabs show. */
export function tabVerdicts(
  samples: readonly TabSample[],
  { minutes, tabCount }: { readonly minutes: number; readonly tabCount: number },
): readonly Verdict[] {
  const settled = samples.filter((sample) => sample.minutes >= minutes / 3);
  const rates = settled.map(({ contributionsPerSecond }) => contributionsPerSecond);
  const slopeOfMemory = (value: (sample: TabSample) => number): number =>
    slopeOf(
      floorsOf(
        settled.map((sample) => [sample.minutes, value(sample)] as const),
        floorSamples,
      ),
    );
  const rss = slopeOfMemory(({ rssMegabytes }) => rssMegabytes);
  const heap = slopeOfMemory(({ heapMegabytes }) => heapMegabytes);
  const external = slopeOfMemory(({ externalMegabytes }) => externalMegabytes);
  const slopes = `resident ${slopeText(rss)}, heap ${slopeText(heap)}, outside of it ${slopeText(external)}`;
  const fewest = Math.min(...settled.map(({ workers }) => workers));
  return [
    {
      statement: `At least ${leastContributionsPerSecond.toLocaleString('en')} contributions a second are taken`,
      found: `median ${median(rates).toFixed(0)}, at least ${Math.min(...rates).toFixed(0)}`,
      holds: median(rates) >= leastContributionsPerSecond,
    },
    memoryVerdict(slopes, minutes, Math.max(rss, heap, external)),
    { statement: 'No tab is lost', found: `${fewest} of ${tabCount} at least`, holds: fewest === tabCount },
  ];
}

function memoryVerdict(slopes: string, minutes: number, slope: number): Verdict {
  return {
    statement: `After the first third, memory grows by less than ${slopeLimitMegabytesPerMinute} MB a minute`,
    found: minutes < settledMinutes ? `${slopes}; not judged below ${settledMinutes} minutes` : slopes,
    holds: minutes < settledMinutes ? undefined : slope < slopeLimitMegabytesPerMinute,
  };
}

/** Whether the parts that were computed again are as they were recorded. */
export function recomputationVerdict({ beginnings, stepCount, differences }: Recomputation): Verdict {
  const [first] = differences;
  return {
    statement: 'What one thread computes again has the bits that were recorded',
    found:
      first === undefined
        ? `${stepCount} steps from ${beginnings.length} beginnings, the last step among them`
        : `${differences.length} of ${stepCount} steps differ, step ${first} first`,
    holds: first === undefined && stepCount > 0,
  };
}

/** What a run under kills shows, beside the digest and the logs of one that nothing happened to. */
export function killVerdicts(
  survived: SurvivedRun,
  {
    digest,
    areLogsWhole,
    checkpointEvery,
  }: { readonly digest: string; readonly areLogsWhole: boolean; readonly checkpointEvery: number },
): readonly Verdict[] {
  const { kills, parametersSha256, outcome } = survived;
  const slowest = Math.max(...kills.map(({ continuedMilliseconds }) => continuedMilliseconds));
  const repeated = Math.max(...kills.map(({ step, firstStep }) => step - firstStep));
  return [
    {
      statement: `After ${kills.length} kills the run ends with the serial trainer's parameters`,
      found: `${outcome}, ${parametersSha256.slice(0, 16)}…`,
      holds: outcome === 'completed' && parametersSha256 === digest,
    },
    { statement: 'Every log has every step once', found: areLogsWhole ? 'it has' : 'it has not', holds: areLogsWhole },
    {
      statement:
        'Every coordinator goes on at the newest checkpoint, and repeats no more than what lies behind it and what was on its way to the disk',
      found: `at most ${repeated} steps, with a checkpoint every ${checkpointEvery}`,
      holds:
        kills.every(({ firstStep, checkpointStep }) => firstStep === checkpointStep) &&
        repeated <= repeatedIntervals * checkpointEvery,
    },
    {
      statement: `A new step is committed within ${continueMilliseconds / 1000} s of each restart`,
      found: `${(slowest / 1000).toFixed(2)} s at most`,
      holds: slowest < continueMilliseconds,
    },
  ];
}
