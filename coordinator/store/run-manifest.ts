// run.json: what a run is. Written last when a folder is made, and never again: where it is, there is a run.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { parseRunConfig, type PluginIdentity, type RunConfig } from '../../learning/index.js';
import { contractVersion, numericsProfile, protocolVersion } from '../../protocol/index.js';
import { RunError } from '../index.js';
import type { Disk } from './disk.js';

/** The name of the file. */
export const manifestName = 'run.json';

/** The form of a run's folder that this version writes and reads. */
export const folderFormat = 2;

/** Digests of a run's programs, by role; those of training in later stages of a curriculum are `trainFrom` and their first step. */
export type ProgramDigests = Readonly<Record<'train' | 'evaluate' | 'update' | `trainFrom${number}`, string>>;

/** Content of run.json. */
export interface RunManifest {
  readonly format: number;
  readonly run: string;
  readonly software: string;
  readonly createdAt: string;
  readonly protocolVersion: number;
  readonly contractVersion: number;
  readonly profile: string;
  readonly programs: ProgramDigests;
  readonly configuration: RunConfig;
  /** The plugins that model and task come from; undefined: none. */
  readonly plugins?: readonly PluginIdentity[];
}

/** Reads the configuration of a run that was made with these plugins. */
export type ConfigurationReader = (raw: unknown, plugins: readonly PluginIdentity[]) => RunConfig;

/** The manifest of a new run. */
export function newManifest(
  run: Pick<RunManifest, 'run' | 'software' | 'createdAt' | 'programs' | 'configuration' | 'plugins'>,
): RunManifest {
  return { format: folderFormat, protocolVersion, contractVersion, profile: numericsProfile, ...run };
}

/** The bytes of run.json: its last field is the digest of the others, so that damage shows. */
export function encodeManifest(manifest: RunManifest): Uint8Array {
  const sha256 = digestOf(manifest);
  return Buffer.from(`${JSON.stringify({ ...manifest, sha256 }, null, 2)}\n`);
}

/**
 * Reads what a folder's run is. Throws RunError with code `run-absent` where there is none, `run-version` where another version of
 * this software has written it, `run-damaged` where it is not what was written.
 */
export async function readManifest(
  disk: Disk,
  folder: string,
  configurationOf: ConfigurationReader = (raw) => parseRunConfig(raw),
): Promise<RunManifest> {
  const bytes = await disk.read(join(folder, manifestName));
  if (bytes === undefined) throw new RunError('run-absent', `Cannot read run: no ${manifestName} found in ${folder}`);
  const parsed = parse(bytes, folder);
  const { format, sha256, ...rest } = parsed;
  if (format !== folderFormat) {
    throw version(folder, `format ${String(format)} found, format ${folderFormat} wanted`, Number(format) > folderFormat);
  }
  const manifest = { format, ...rest } as RunManifest;
  if (sha256 !== digestOf(manifest)) throw damaged(folder, 'content found that does not have the digest in it');
  if (manifest.contractVersion !== contractVersion || manifest.profile !== numericsProfile) {
    const found = `numerics contract ${manifest.contractVersion} (${manifest.profile}) found`;
    const isNewer = manifest.contractVersion > contractVersion;
    throw version(folder, `${found}, ${contractVersion} (${numericsProfile}) wanted`, isNewer);
  }
  return { ...manifest, configuration: configurationOf(manifest.configuration, manifest.plugins ?? []) };
}

function parse(bytes: Uint8Array, folder: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null) return parsed as Readonly<Record<string, unknown>>;
  } catch {
    // Told below.
  }
  throw damaged(folder, 'text found that is no JSON object');
}

function digestOf(manifest: RunManifest): string {
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
}

function damaged(folder: string, found: string): RunError {
  return new RunError('run-damaged', `Cannot read ${join(folder, manifestName)}: ${found}`);
}

function version(folder: string, found: string, isNewer: boolean): RunError {
  const advice = isNewer ? 'the run was written by a newer version' : 'the run was written by an older version';
  return new RunError('run-version', `Cannot read run ${folder}: ${found}; ${advice}`);
}
