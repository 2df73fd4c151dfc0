// What a worker knows of the run it has joined, and the checks of everything that comes in against it.

import type { Lease, ProgramEntry, Segment, Welcome } from '../protocol/index.js';
import { checkVersions, ProtocolError } from '../protocol/index.js';
import type { Program, ProgramLimits } from '../tensor/index.js';
import { inputLength, isTreeNode, outputLength, parseProgramBytes } from '../tensor/index.js';

/** The run that a worker has joined. */
export interface RunManifest {
  readonly runId: string;
  readonly microbatchSize: number;
  readonly programs: ReadonlyMap<string, ProgramEntry>;
}

/** The manifest in a welcome. Throws ProtocolError where the run follows other versions than this worker. */
export function manifestOf(welcome: Welcome): RunManifest {
  checkVersions(welcome);
  const programs = new Map(welcome.programs.map((entry) => [entry.sha256, entry] as const));
  return { runId: welcome.runId, microbatchSize: welcome.microbatchSize, programs };
}

/** Whether a run announces a program as it was announced when it was read. */
export function isAnnounced({ sha256, role, inputLength, outputLength }: ProgramEntry, { programs }: RunManifest): boolean {
  const entry = programs.get(sha256);
  return entry?.role === role && entry.inputLength === inputLength && entry.outputLength === outputLength;
}

/** A payload and the digest that its message names. */
export interface NamedPayload {
  readonly sha256: string;
  readonly payload: Uint8Array;
}

/** What the checks need from the worker's settings. */
export interface Verification {
  readonly sha256: (bytes: Uint8Array) => string;
  readonly limits: ProgramLimits;
}

/** Reads a program of the run. Throws ProtocolError where it is not the one announced or over a limit of this worker. */
export function readProgram({ sha256, payload }: NamedPayload, manifest: RunManifest, verification: Verification): Program {
  const entry = manifest.programs.get(sha256);
  if (entry === undefined)
    throw new ProtocolError('unexpected-message', `Cannot accept program: ${sha256.slice(0, 8)} is none of the run's`);
  checkDigest('program', { sha256, payload }, verification);
  try {
    const program = parseProgramBytes(payload, verification.limits);
    const found = `${inputLength(program)} inputs and ${outputLength(program)} outputs`;
    const wanted = `${entry.inputLength} inputs and ${entry.outputLength} outputs`;
    if (found !== wanted) throw new RangeError(`${found} found, ${wanted} wanted`);
    return program;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ProtocolError('program-rejected', `Cannot accept program ${sha256.slice(0, 8)}: ${reason}`, { cause });
  }
}

/** Throws ProtocolError where a payload does not have the digest that its message names. */
export function checkDigest(what: string, { sha256, payload }: NamedPayload, verification: Verification): void {
  const found = verification.sha256(payload);
  if (found !== sha256) {
    throw new ProtocolError(
      'payload-digest',
      `Cannot accept ${what}: digest ${found.slice(0, 8)} found, ${sha256.slice(0, 8)} wanted`,
    );
  }
}

/** The parameters that a worker holds. */
export interface HeldParameters {
  readonly sha256: string;
  readonly byteLength: number;
}

/** What a worker has of its run. */
export interface HeldParts {
  /** By digest. */
  readonly programs: ReadonlyMap<string, ProgramEntry>;
  readonly parameters: HeldParameters | undefined;
}

/** What a lease names and should have come before it, but is not here; undefined where everything is. */
export function missingPart(lease: Lease | Segment, manifest: RunManifest, held: HeldParts): string | undefined {
  const programs = lease.type === 'segment' ? [lease.programSha256, lease.updateSha256] : [lease.programSha256];
  const missing = programs.find((sha256) => manifest.programs.has(sha256) && !held.programs.has(sha256));
  if (missing !== undefined) return `program ${missing.slice(0, 8)} is not here`;
  if (lease.type === 'segment') return undefined;
  if (held.parameters?.sha256 !== lease.parametersSha256) return `parameters ${lease.parametersSha256.slice(0, 8)} are not here`;
  return undefined;
}

/** Why a lease cannot be computed, or undefined where it can. */
export function leaseObstacle(lease: Lease | Segment, manifest: RunManifest, held: HeldParts): string | undefined {
  if (lease.type === 'segment') {
    return roleObstacle(lease.programSha256, 'train', manifest) ?? roleObstacle(lease.updateSha256, 'update', manifest);
  }
  const obstacle = roleObstacle(lease.programSha256, lease.kind, manifest);
  if (obstacle !== undefined) return obstacle;
  const inputs = manifest.programs.get(lease.programSha256)?.inputLength ?? 0;
  if (held.parameters?.byteLength !== inputs * 4) return 'the parameters do not fit the program';
  if (!isTreeNode(lease, lease.microbatchCount))
    return `[${lease.begin}, ${lease.end}) is no node of the tree over ${lease.microbatchCount}`;
  return undefined;
}

function roleObstacle(sha256: string, role: ProgramEntry['role'], { programs }: RunManifest): string | undefined {
  const entry = programs.get(sha256);
  if (entry === undefined) return `program ${sha256.slice(0, 8)} is none of the run's`;
  return entry.role === role ? undefined : `a ${entry.role} program found, one to ${role} wanted`;
}
