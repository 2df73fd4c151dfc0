// experiments/results/: what the repository keeps of an experiment, and the page that shows all of it.
//
//   <experiment>/results.json, results.md, figures/    the report
//   <experiment>/parameters/<run>.safetensors           of the runs of its first study that have ended
//   <experiment>/unfinished/<run>/                      of runs that have not: the same command continues them anywhere
//   README.md                                           all reports

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { manifestName, nodeDisk, replaceFile } from '../coordinator/store/index.js';
import { builtInRegistry } from '../learning/index.js';
import { experiments, type Experiment, type MeasuredRun } from '../experiments/index.js';
import { writeParameters } from './export.js';
import type { OpenedStudy } from './reproduce-runs.js';
import { openCheckpoint } from './stored-checkpoint.js';
import { openStoredRun } from './stored-run.js';
import { folderName } from './study.js';
import { packRun, unpackRun } from './unfinished-run.js';

/** Where an experiment is recorded. */
export const recordFolder = (results: string, { name }: Experiment): string => join(results, name.toLowerCase());

/** A run's name as that of a file: lower case, words joined by hyphens. */
const recordName = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9.]+/g, '-');

/** Keeps the parameters of runs that have ended, those of an earlier record as they are, and what continues those that have not. */
export async function recordRuns(
  folder: string,
  { studies, runs }: { readonly studies: readonly OpenedStudy[]; readonly runs: readonly MeasuredRun<unknown>[] },
): Promise<void> {
  await rm(join(folder, 'unfinished'), { recursive: true, force: true });
  const isKept = new Set(
    runs.filter(({ recorded }) => recorded !== undefined).map(({ name }) => `${recordName(name)}.safetensors`),
  );
  const parameters = join(folder, 'parameters');
  for (const file of existsSync(parameters) ? await readdir(parameters) : []) {
    if (!isKept.has(file)) await rm(join(parameters, file));
  }
  const outcomes = new Map(runs.filter(({ recorded }) => recorded === undefined).map(({ name, outcome }) => [name, outcome]));
  for (const [index, study] of studies.entries()) {
    for (const run of study.runs) {
      const place = join(study.folder, folderName(run));
      const outcome = outcomes.get(run.config.name);
      if (outcome === 'unfinished') await packRun(place, join(folder, 'unfinished', recordName(run.config.name)));
      else if (outcome !== undefined && index === 0) await recordParameters(place, parameters);
    }
  }
}

async function recordParameters(place: string, folder: string): Promise<void> {
  const stored = await openStoredRun(place, builtInRegistry);
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${recordName(stored.config.name)}.safetensors`);
  await writeParameters(stored, await openCheckpoint(stored, undefined), file);
}

/** Brings recorded unfinished runs to where they are continued, unless they are there; gives their names. */
export async function takeUpRuns(folder: string, studies: readonly OpenedStudy[]): Promise<readonly string[]> {
  const taken: string[] = [];
  for (const study of studies) {
    for (const run of study.runs) {
      const packed = join(folder, 'unfinished', recordName(run.config.name));
      const place = join(study.folder, folderName(run));
      if (existsSync(place) || !existsSync(join(packed, manifestName))) continue;
      await unpackRun(packed, place);
      taken.push(run.config.name);
    }
  }
  return taken;
}

const introduction = `# Results

Recorded by \`starling reproduce EXPERIMENT --record\`, and made anew by the same command on any machine, from the same files and to the same
bits: [docs/paper.md](../../docs/paper.md#experiments) says what is compared with what. Numbers of the paper are marked as _quoted_, _recalled_, or
_recalled with less certainty_; where nothing was run, the table says so.`;

/** Writes the page of all results from the texts that are there. */
export async function writeResultsPage(results: string): Promise<void> {
  const folders = experiments.map(({ name }) => name.toLowerCase());
  const present = (await readdir(results)).filter((name) => folders.includes(name)).toSorted();
  const texts = await Promise.all(
    present.map(async (name) => {
      const text = await readFile(join(results, name, 'results.md'), 'utf8');
      return text.replaceAll(/^#/gm, '##').replaceAll('](figures/', `](${name}/figures/`).trimEnd();
    }),
  );
  await replaceFile(nodeDisk, join(results, 'README.md'), new TextEncoder().encode(`${[introduction, ...texts].join('\n\n')}\n`));
}
