// Recorded results: one Markdown file to read and one JSON file to compare with, named after the day and the commit.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { formatReport } from './report-text.js';
import type { BenchmarkReport } from './report.js';
import { formatStudyBenchmark, type StudyBenchmark } from './study-benchmark.js';

/** Writes a report into a folder and gives the path of its text. A second report of a day and commit replaces the first. */
export function recordReport(report: BenchmarkReport, folder: string): string {
  const { date, commit } = report.circumstances;
  const base = path.join(folder, `${date}-${commit}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${base}.json`, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(`${base}.md`, formatReport(report));
  return `${base}.md`;
}

/** Writes what was found of a study into a folder and gives the path of its text. */
export function recordStudyBenchmark(found: StudyBenchmark, folder: string): string {
  const { date, commit } = found.circumstances;
  const base = path.join(folder, `${date}-${commit}-study`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${base}.json`, `${JSON.stringify(found, null, 2)}\n`);
  writeFileSync(`${base}.md`, formatStudyBenchmark(found));
  return `${base}.md`;
}
