// The tokens of a served run: given in a file or by the environment, otherwise made here and kept in a file beside the run's folder,
// so that links and workers outlive a restart. Never in the folder, which people copy and publish; never on a command line, which
// everyone on a machine can read.

import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { fieldLimits } from '../protocol/index.js';
import { CommandError, exitCodes } from './exit-codes.js';
import type { ReachOptions } from './serve-options.js';

/** The environment variables that carry tokens. */
export const tokenVariables = { worker: 'STARLING_WORKER_TOKEN', administration: 'STARLING_ADMIN_TOKEN' } as const;

/** Which doors there are. */
export type TokenRole = keyof typeof tokenVariables;

/** A token and where it comes from. */
export interface Token {
  readonly value: string;
  readonly source: 'file' | 'environment' | 'stored' | 'new';
}

/** The tokens of a run; a door without one is open. */
export interface RunTokens {
  readonly worker: Token | undefined;
  readonly administration: Token | undefined;
  /** Where those lie that were made here. */
  readonly storeFile: string;
  /** Removes what was stored just now, because the run did not begin. */
  readonly forget: () => void;
}

/** What tokens depend on. */
export interface TokenSources {
  readonly options: Pick<ReachOptions, 'workerTokenFile' | 'adminTokenFile'>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The run's folder. */
  readonly folder: string;
  /** Whether strangers can come, so that no door may stay open. */
  readonly isExposed: boolean;
}

const roles = ['worker', 'administration'] as const;
/** Bits of a token that nobody guesses. */
const leastBits = 128;
const newTokenBytes = 24;

/** The tokens of a run: flag over environment over what was stored over new ones. Throws CommandError where one is not good. */
export function tokensOf({ options, environment, folder, isExposed }: TokenSources): RunTokens {
  const files = { worker: options.workerTokenFile, administration: options.adminTokenFile };
  const storeFile = `${folder}.tokens.json`;
  const given = (role: TokenRole): Token | undefined => givenToken(files[role], environment, tokenVariables[role]);
  const found: Record<TokenRole, Token | undefined> = { worker: given('worker'), administration: given('administration') };
  const isComplete = roles.every((role) => found[role] !== undefined);
  if (isComplete || !isExposed) return { ...found, storeFile, forget: () => undefined };
  const stored = readStored(storeFile);
  for (const role of roles) {
    const kept = stored[role];
    found[role] ??=
      kept === undefined
        ? { value: randomBytes(newTokenBytes).toString('base64url'), source: 'new' }
        : { value: kept, source: 'stored' };
  }
  const isNew = roles.some((role) => found[role]?.source === 'new');
  if (!isNew) return { ...found, storeFile, forget: () => undefined };
  const made = roles.flatMap((role): readonly (readonly [TokenRole, string])[] => {
    const token = found[role];
    return token?.source === 'new' ? [[role, token.value]] : [];
  });
  store(storeFile, { ...stored, ...Object.fromEntries<string>(made) });
  const isFirst = Object.keys(stored).length === 0;
  return { ...found, storeFile, forget: () => (isFirst ? rmSync(storeFile, { force: true }) : undefined) };
}

/** A token from a file, or from an environment variable; undefined where neither is named. Throws CommandError where it is not good. */
export function givenToken(
  file: string | undefined,
  environment: TokenSources['environment'],
  variable: string,
): Token | undefined {
  if (file !== undefined) return { value: checkToken(readTokenFile(file), file), source: 'file' };
  const value = environment[variable]?.trim() ?? '';
  return value === '' ? undefined : { value: checkToken(value, variable), source: 'environment' };
}

/** Bits that a token of these characters can have at most: its length times those of the smallest alphabet it is made of. */
export function tokenBits(token: string): number {
  const alphabets: readonly (readonly [RegExp, number])[] = [
    [/^\d*$/, 10],
    [/^[\da-f]*$|^[\dA-F]*$/, 16],
    [/^[\da-z]*$|^[\dA-Z]*$/, 36],
    [/^[\w-]*$/, 64],
  ];
  const size = alphabets.find(([pattern]) => pattern.test(token))?.[1] ?? 94;
  // A character or two, said again and again, are no secret.
  const variety = new Set(token).size;
  return Math.floor(token.length * Math.log2(Math.max(1, variety < 8 ? variety : size)));
}

function checkToken(value: string, source: string): string {
  const refuse = (found: string, wanted: string): CommandError =>
    new CommandError('token-invalid', exitCodes.usage, `Cannot use token of ${source}: ${found} found, ${wanted} wanted`);
  if (!/^[!-~]*$/.test(value)) throw refuse('other characters', 'printable ASCII without spaces, on one line');
  if (value.length > fieldLimits.tokenLength) {
    throw refuse(`${value.length} characters`, `at most ${fieldLimits.tokenLength}`);
  }
  const bits = tokenBits(value);
  if (bits < leastBits) {
    throw refuse(
      `${value.length} characters, which hold ${bits} bits at most,`,
      `at least ${leastBits} bits (openssl rand -hex 16 makes such a token)`,
    );
  }
  return value;
}

function readTokenFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function readStored(file: string): Partial<Record<TokenRole, string>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return {};
    throw unreadable(file, cause);
  }
  try {
    const stored = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const entries = roles.map((role) => [role, stored[role]] as const);
    const known = entries.filter((entry): entry is readonly [TokenRole, string] => typeof entry[1] === 'string');
    return Object.fromEntries(known.map(([role, value]) => [role, checkToken(value, file)]));
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    const wanted = 'the tokens of the run wanted (remove the file to have new ones made)';
    const message = `Cannot use tokens of ${file}: no JSON found, ${wanted}`;
    throw new CommandError('token-invalid', exitCodes.usage, message);
  }
}

function unreadable(file: string, cause: unknown): CommandError {
  const found = cause instanceof Error ? cause.message : String(cause);
  return new CommandError('token-invalid', exitCodes.usage, `Cannot read token of ${file}: ${found}`);
}

/** For the owner's eyes alone, and there as a whole or not at all. */
function store(file: string, tokens: Partial<Record<TokenRole, string>>): void {
  const partial = `${file}.partial`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    rmSync(partial, { force: true });
    const descriptor = openSync(partial, 'wx', 0o600);
    try {
      writeSync(descriptor, `${JSON.stringify(tokens)}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(partial, file);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    const wanted = '--worker-token-file and --admin-token-file wanted where no file can lie beside the run';
    throw new CommandError('token-invalid', exitCodes.failure, `Cannot keep tokens in ${file}: ${found}, ${wanted}`);
  }
}
