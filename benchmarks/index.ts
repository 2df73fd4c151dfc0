// The face of benchmarks/: one run of everything, measured against peers and peaks.

import { sourcePath } from './child-process.js';

/** Where results are recorded. */
export const resultsFolder = sourcePath('results');

export { runBenchmarks, type BenchmarkOptions } from './run-benchmarks.js';
export type { BenchmarkReport } from './report.js';
export { recordStudyBenchmark } from './recording.js';
export { formatStudyBenchmark, measureStudy, type StudyBenchmark } from './study-benchmark.js';
