// An unfinished run as it travels: what another machine needs to go on, and little more. Its logs end at its newest checkpoint.
//
//   run.json, programs/, checkpoints/step-N.safetensors    as they are
//   trajectory.jsonl.gz                                    whole: a chain has no links to spare
//   metrics.jsonl                                          thinned: evaluations, one step of every so many, and the last

import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  checkpointName,
  folderNames,
  listCheckpoints,
  logFile,
  manifestName,
  nodeDisk,
  replaceFile,
} from '../coordinator/store/index.js';

/** Steps whose metrics are kept. */
const keptSteps = 500;
const packedTrajectory = `${logFile('trajectory')}.gz`;

/** Writes what is needed to continue the run in a folder. Throws RangeError where it has no checkpoint. */
export async function packRun(folder: string, target: string): Promise<void> {
  const [step] = await listCheckpoints(nodeDisk, folder);
  if (step === undefined) throw new RangeError(`Cannot pack run ${folder}: no checkpoint found, one wanted`);
  await rm(target, { recursive: true, force: true });
  const checkpoint = join(folderNames.checkpoints, checkpointName(step));
  const programs = await readdir(join(folder, folderNames.programs));
  for (const file of [manifestName, checkpoint, ...programs.map((name) => join(folderNames.programs, name))]) {
    await copy(join(folder, file), join(target, file));
  }
  const trajectory = await linesOf(join(folder, logFile('trajectory')), (line) => line.step <= step);
  await replaceFile(nodeDisk, join(target, packedTrajectory), gzipSync(trajectory.join('')));
  const every = Math.max(1, Math.floor(step / keptSteps));
  const metrics = await linesOf(join(folder, logFile('metrics')), (line) =>
    line.type === 'evaluation' ? line.step < step : line.step === step || (line.step < step && line.step % every === 0),
  );
  await replaceFile(nodeDisk, join(target, logFile('metrics')), Buffer.from(metrics.join('')));
}

/** Makes a run's folder of what was packed: `starling resume` and a study go on there. */
export async function unpackRun(packed: string, folder: string): Promise<void> {
  const files = await readdir(packed, { recursive: true, withFileTypes: true });
  for (const file of files.filter((entry) => entry.isFile() && entry.name !== packedTrajectory && entry.name !== manifestName)) {
    const path = join(file.parentPath, file.name);
    await copy(path, join(folder, path.slice(packed.length)));
  }
  const trajectory = gunzipSync(await readFile(join(packed, packedTrajectory)));
  await replaceFile(nodeDisk, join(folder, logFile('trajectory')), trajectory);
  await replaceFile(nodeDisk, join(folder, logFile('contributions')), new Uint8Array(0));
  // Last: where it is, there is a run.
  await copy(join(packed, manifestName), join(folder, manifestName));
}

async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
}

interface LoggedLine {
  readonly type?: string;
  readonly step: number;
}

/** The whole lines of a log that are wanted, as they stand. A line that is being written is not whole. */
async function linesOf(file: string, isWanted: (line: LoggedLine) => boolean): Promise<readonly string[]> {
  const kept: string[] = [];
  for await (const text of createInterface({ input: createReadStream(file) })) {
    const line = parseLine(text);
    if (line !== undefined && isWanted(line)) kept.push(`${text}\n`);
  }
  return kept;
}

function parseLine(text: string): LoggedLine | undefined {
  try {
    return JSON.parse(text) as LoggedLine;
  } catch {
    return undefined;
  }
}
