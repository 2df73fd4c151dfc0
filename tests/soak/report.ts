// A soak in words and numbers, for docs/soak/.

import type { describeMachine } from '../../benchmarks/machine.js';
import { median } from '../../benchmarks/statistics.js';
import type { ChurnedRun } from './churned-run.js';
import type { KilledRun } from './killed-run.js';
import type { Sample, TabSample } from './samples.js';
import type { TabbedRun } from './tabbed-run.js';
import type { Verdict } from './verdicts.js';

/** Everything that a report is made from. */
export interface SoakResult {
  readonly circumstances: ReturnType<typeof describeMachine>;
  readonly minutes: number;
  readonly seed: number;
  readonly churned: ChurnedRun | undefined;
  readonly killed: KilledRun | undefined;
  readonly tabbed: TabbedRun | undefined;
}

const rowLimit = 20;

/** The report as Markdown. */
export function reportText({ circumstances, minutes, seed, churned, killed, tabbed }: SoakResult): string {
  const { date, commit, modified, processor, coreCount, memoryBytes, versions, command, loadBefore, loadAfter } = circumstances;
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `# Soak of ${date}`,
    '',
    `- Commit ${commit}${modified ? ', with changes that are not committed' : ''}; ${software.join(', ')}`,
    `- Machine: ${processor}, ${coreCount} cores, ${(memoryBytes / 2 ** 30).toFixed(0)} GiB; load ${loadBefore.toFixed(1)} before, ${loadAfter.toFixed(1)} after`,
    `- Command: \`${command}\`, seed ${seed}`,
    '',
    ...(churned === undefined ? [] : churnedText(churned, minutes)),
    ...(killed === undefined ? [] : killedText(killed)),
    ...(tabbed === undefined ? [] : tabbedText(tabbed)),
  ].join('\n');
}

function churnedText(
  { samples, counts, steps, reissuedLeases, droppedContributions, verdicts }: ChurnedRun,
  minutes: number,
): string[] {
  return [
    `## ${minutes} minutes of workers that join, freeze and die`,
    '',
    `${counts.joined} joins, ${counts.frozen} freezes, ${counts.thawed} thaws, ${counts.killed} kills; ${steps} steps, ${reissuedLeases} leases issued again, ${droppedContributions} contributions dropped.`,
    '',
    ...verdictTable(verdicts),
    '',
    ...sampleTable(samples, churnColumns),
    '',
  ];
}

function killedText({ steps, kills, verdicts }: KilledRun): string[] {
  const milliseconds = kills.map(({ continuedMilliseconds }) => continuedMilliseconds);
  const doubleCount = kills.filter(({ isDouble }) => isDouble).length;
  return [
    `## ${kills.length} kills of the coordinator`,
    '',
    `A run of ${steps} steps; ${doubleCount} times the next coordinator was killed too, while it opened the run. From the start of a coordinator's process to its first step: median ${median(milliseconds).toFixed(0)} ms, at most ${Math.max(...milliseconds).toFixed(0)} ms.`,
    '',
    ...verdictTable(verdicts),
    '',
  ];
}

function tabbedText({ tabCount, minutes, payloadBytes, samples, verdicts }: TabbedRun): string[] {
  return [
    `## ${minutes} minutes of ${tabCount} tabs`,
    '',
    `They speak the protocol over real sockets and compute nothing: each answers a lease a millisecond for each of its microbatches later, with ${payloadBytes} bytes of sums. They run in one process on the same machine.`,
    '',
    ...verdictTable(verdicts),
    '',
    ...sampleTable(samples, tabColumns),
    '',
  ];
}

function verdictTable(verdicts: readonly Verdict[]): string[] {
  const word = (holds: boolean | undefined): string =>
    holds === undefined ? 'not judged' : holds ? 'holds' : '**does not hold**';
  const rows = verdicts.map(({ statement, found, holds }) => `| ${statement} | ${found} | ${word(holds)} |`);
  return ['| statement | found | verdict |', '| --- | --- | --- |', ...rows];
}

/** A column of numbers: its head, what stands in it, and with how many digits. */
type Column<T extends Sample> = readonly [title: string, value: (sample: T) => number | undefined, digits: number];

const memoryColumns: readonly Column<Sample>[] = [
  ['resident MB', ({ rssMegabytes }) => rssMegabytes, 1],
  ['heap MB', ({ heapMegabytes }) => heapMegabytes, 1],
];
const churnColumns: readonly Column<Sample>[] = [
  ['ms per step', ({ millisecondsPerStep }) => millisecondsPerStep, 2],
  ...memoryColumns,
  ['descriptors', ({ descriptors }) => descriptors, 0],
  ['workers', ({ workers }) => workers, 0],
];
const tabColumns: readonly Column<TabSample>[] = [
  ['contributions/s', ({ contributionsPerSecond }) => contributionsPerSecond, 0],
  ['processor, µs each', ({ processorMicrosecondsPerContribution }) => processorMicrosecondsPerContribution, 0],
  ...memoryColumns,
  ['outside of it MB', ({ externalMegabytes }) => externalMegabytes, 1],
  ['tabs', ({ workers }) => workers, 0],
];

/** Samples, the middle of some of them in a row. */
function sampleTable<T extends Sample>(samples: readonly T[], columns: readonly Column<T>[]): string[] {
  const perRow = Math.max(1, Math.ceil(samples.length / rowLimit));
  const rows = Array.from({ length: Math.ceil(samples.length / perRow) }, (_, index) => {
    const part = samples.slice(index * perRow, (index + 1) * perRow);
    const cells = columns.map(([, value, digits]) => {
      const found = median(part.flatMap((sample) => value(sample) ?? []));
      return Number.isNaN(found) ? '–' : found.toFixed(digits);
    });
    return [(part.at(-1)?.minutes ?? 0).toFixed(1), String(part.at(-1)?.step ?? 0), ...cells];
  });
  const head = ['minute', 'step', ...columns.map(([title]) => title)];
  return [head, head.map(() => '---:'), ...rows].map((row) => `| ${row.join(' | ')} |`);
}
