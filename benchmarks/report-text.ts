// The report as people read it.

import {
  fastest,
  gigaflops,
  peakOf,
  sequencesPerSecond,
  type BenchmarkReport,
  type Circumstances,
  type Measurement,
  type TrainingRate,
} from './report.js';
import { formatNumber, formatTable, type Table } from './table.js';

/** The whole report in Markdown. */
export function formatReport(report: BenchmarkReport): string {
  const { measurements } = report;
  const tables = [
    verdictTable(report),
    gpuTable(measurements),
    trainingTable(measurements),
    peakTable(measurements),
    threadTable(measurements),
    stepTable(measurements),
    coordinatorTable(measurements),
    unavailableTable(measurements),
  ];
  const written = tables.filter(({ rows }) => rows.length > 0).map(formatTable);
  return [describeCircumstances(report.circumstances, report.seconds), ...written].join('\n');
}

function describeCircumstances(circumstances: Circumstances, seconds: number): string {
  const { date, commit, modified, processor, coreCount, memoryBytes, loadBefore, loadAfter, versions, command } = circumstances;
  return [
    `# Benchmarks of ${date}`,
    '',
    `- commit ${commit}${modified ? ', with changes that are not committed' : ''}; \`${command}\`; ${formatNumber(seconds)} s`,
    `- ${processor}, ${coreCount} cores, ${formatNumber(memoryBytes / 2 ** 30)} GiB; load ${loadBefore.toFixed(2)} before, ${loadAfter.toFixed(2)} after`,
    `- ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
    '- one thread: time of the processor; several, and a GPU: of the wall. Rates are those of the fastest sample, the median stands beside.',
    '- `starling` leaves drawing the data out, as the others do: the time of a step less the time of a program that only draws the',
    '  same data and sums it. `starling with data` is the whole.',
    '',
  ].join('\n');
}

const verdictTable = ({ verdicts }: BenchmarkReport): Table => ({
  title: 'Targets',
  columns: ['target', '>wanted', '>measured', 'verdict'],
  rows: verdicts.map(({ target, wanted, measured, verdict }) => [target, wanted, measured, verdict]),
});

function trainingTable(measurements: readonly Measurement[]): Table {
  const rates = measurements.filter((found): found is TrainingRate => found.type === 'training');
  const peak = peakOf(measurements, 'strict loop');
  const row = (rate: TrainingRate): readonly string[] => {
    const ours = fastest(measurements, rate.workload, 'starling');
    return [
      rate.workload,
      rate.candidate,
      rate.form,
      String(rate.threadCount),
      formatNumber(sequencesPerSecond(rate)),
      formatNumber(sequencesPerSecond(rate, 'median')),
      formatNumber(gigaflops(rate)),
      peak === undefined ? '–' : `${((100 * gigaflops(rate)) / peak).toFixed(0)} %`,
      ours === undefined ? '–' : `${formatNumber(sequencesPerSecond(ours) / sequencesPerSecond(rate))} ×`,
    ];
  };
  return {
    title: 'Training',
    columns: [
      ...['workload', 'candidate', 'form', '>threads', '>sequences/s', '>median', '>GFLOP/s'],
      ...['>of the strict peak', '>starling against it'],
    ],
    rows: rates.map(row),
  };
}

function peakTable(measurements: readonly Measurement[]): Table {
  const [strict, relaxed] = ['strict loop', 'relaxed loop'].map((name) => peakOf(measurements, name));
  const share = (value: number, whole: number | undefined): string =>
    whole === undefined ? '–' : `${((100 * value) / whole).toFixed(1)} %`;
  return {
    title: 'Peak loops and matmuls, one core',
    columns: ['what', '>GFLOP/s', '>median', '>of the strict loop', '>of the relaxed loop'],
    rows: measurements.flatMap((found) =>
      found.type === 'peak'
        ? [
            [
              found.name,
              formatNumber(found.bestGigaflops),
              formatNumber(found.medianGigaflops),
              share(found.bestGigaflops, strict),
              share(found.bestGigaflops, relaxed),
            ],
          ]
        : [],
    ),
  };
}

const threadTable = (measurements: readonly Measurement[]): Table => ({
  title: 'Threads, one lease of the same size',
  columns: ['workload', '>threads', '>sequences', '>one thread, ms', '>threads, ms', '>faster', '>median'],
  rows: measurements.flatMap((found) =>
    found.type === 'threads'
      ? [
          [
            found.workload,
            String(found.threadCount),
            formatNumber(found.sequencesPerLease),
            formatNumber(found.oneThread.minimumMilliseconds),
            formatNumber(found.allThreads.minimumMilliseconds),
            `${formatNumber(found.oneThread.minimumMilliseconds / found.allThreads.minimumMilliseconds)} ×`,
            `${formatNumber(found.oneThread.medianMilliseconds / found.allThreads.medianMilliseconds)} ×`,
          ],
        ]
      : [],
  ),
});

const stepTable = (measurements: readonly Measurement[]): Table => ({
  title: 'A whole step: gated RNN n = 80 at every token, 8 microbatches of 64',
  columns: ['>threads', '>steps at once', '>step, ms', '>kernels, ms', '>everything else'],
  rows: measurements.flatMap((found) =>
    found.type === 'step'
      ? [
          [
            String(found.threadCount),
            String(found.stepsAtOnce),
            formatNumber(found.stepMilliseconds),
            formatNumber(found.kernelMilliseconds),
            `${((100 * (found.stepMilliseconds - found.kernelMilliseconds)) / found.stepMilliseconds).toFixed(1)} %`,
          ],
        ]
      : [],
  ),
});

const coordinatorTable = (measurements: readonly Measurement[]): Table => ({
  title: 'Coordinator: contributions over loopback',
  columns: ['>connections', '>payload, bytes', '>contributions/s', '>of a step', '>processor, µs each'],
  rows: measurements.flatMap((found) =>
    found.type === 'coordinator'
      ? [
          [
            String(found.connectionCount),
            formatNumber(found.payloadBytes),
            formatNumber(found.contributionsPerSecond),
            formatNumber(found.contributionsPerStep),
            formatNumber(found.processorMicrosecondsPerContribution),
          ],
        ]
      : [],
  ),
});

const gpuTable = (measurements: readonly Measurement[]): Table => ({
  title: 'GPU',
  columns: ['what', 'found'],
  rows: measurements.flatMap((found) => {
    if (found.type === 'bits') return [[`${found.workload}: bits of WASM`, found.isEqual ? 'equal' : 'different']];
    if (found.type !== 'gpu') return [];
    const { adapter, arithmetic, operationCount, differing, isProgramEqual } = found;
    const operations = differing.length === 0 ? 'none' : differing.join(', ');
    return [
      ['device', adapter],
      ['arithmetic', arithmetic],
      [`operations of ${operationCount} that differ from the interpreter's`, operations],
      ['a whole program beside the interpreter', isProgramEqual ? 'equal' : 'different'],
    ];
  }),
});

const unavailableTable = (measurements: readonly Measurement[]): Table => ({
  title: 'Not measured here',
  columns: ['what', 'why'],
  rows: measurements.flatMap((found) => (found.type === 'unavailable' ? [[found.name, found.reason]] : [])),
});
