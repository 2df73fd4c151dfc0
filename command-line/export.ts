// starling export RUN: the parameters of a checkpoint as a safetensors file that other tools open.

import { resolve } from 'node:path';
import type { Checkpoint } from '../coordinator/index.js';
import { encodeSafetensors, nodeDisk, replaceFile, type StoredTensor } from '../coordinator/store/index.js';
import { contractVersion, numericsProfile } from '../protocol/index.js';
import { inputLayout } from '../tensor/index.js';
import { exitCodes, type ExitCode } from './exit-codes.js';
import { openCheckpoint } from './stored-checkpoint.js';
import { openStoredRun, type StoredRun } from './stored-run.js';

/** Options of `starling export`. */
export interface ExportCommandOptions {
  readonly out?: string;
  /** The step whose checkpoint is wanted; undefined: the newest one. */
  readonly step?: number;
  readonly json: boolean;
}

/** What was written. */
interface ExportReport {
  readonly file: string;
  readonly run: string;
  readonly step: number;
  readonly parametersSha256: string;
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

/** Writes the file; gives the exit code. Throws where the run has no such checkpoint. */
export async function runExport(path: string, options: ExportCommandOptions): Promise<ExitCode> {
  const stored = await openStoredRun(path);
  const checkpoint = await openCheckpoint(stored, options.step);
  const { step, parametersSha256 } = checkpoint;
  const file = resolve(options.out ?? `${stored.config.name.replaceAll('/', '-')}-step-${step}.safetensors`);
  const tensors = await writeParameters(stored, checkpoint, file);
  const shapes = tensors.map(({ name, shape }) => ({ name, shape }));
  print({ file, run: stored.manifest.run, step, parametersSha256, tensors: shapes }, options.json);
  return exitCodes.success;
}

/** Writes the parameters of a checkpoint to a file. */
export async function writeParameters(
  { manifest, plan, config }: StoredRun,
  { step, parameters, parametersSha256, trainLoss }: Checkpoint,
  file: string,
): Promise<readonly StoredTensor[]> {
  const tensors = inputLayout(plan.trainProgram).map(({ name, rows, columns, offset, length }): StoredTensor => {
    return { name, shape: [rows, columns], values: parameters.subarray(offset, offset + length) };
  });
  const metadata = {
    ...{ format: 'starling-parameters', version: '1', run: manifest.run, software: manifest.software, step: String(step) },
    ...{ parametersSha256, trainLoss: JSON.stringify(trainLoss), configuration: JSON.stringify(config) },
    ...{ contractVersion: String(contractVersion), numericsProfile },
  };
  await replaceFile(nodeDisk, file, encodeSafetensors({ metadata, tensors }));
  return tensors;
}

function print(report: ExportReport, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const rows = report.tensors.map(({ name, shape }) => `  ${name} [${shape.join(', ')}]`);
  const head = `Wrote ${report.file}: the parameters after step ${report.step}, ${report.parametersSha256}`;
  process.stdout.write(`${[head, ...rows].join('\n')}\n`);
}
