// The face of benchmarks/: one run of everything, measured against peers and peaks.

export { runBenchmarks, type BenchmarkOptions } from './run-benchmarks.js';
export type { BenchmarkReport } from './report.js';
