// Tokens from end to end: made, kept, printed, wanted; and what a run keeps of how it was served.

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { volunteerTokenOf } from '../../coordinator/shell/access.js';
import { filesOf } from '../coordinator/run-files.js';
import { killAll, run, runJson, startIn, until, type RunningCommand } from './command.js';
import { configurationOf, serialDigest, temporaryFolder, writeConfiguration } from './configurations.js';

const config = configurationOf('linear-attention', { steps: 60, microbatches: 4, microbatchSize: 16 });
const folder = temporaryFolder();
const file = writeConfiguration(folder, config);
const publicUrl = 'https://starling.example.org/run/';
const published = ['--public-url', publicUrl, '--operator', 'A. Lab', '--contact', 'lab@example.org'];
let parametersSha256 = '';

beforeAll(() => {
  parametersSha256 = serialDigest(config, wasmBackend);
});

afterEach(killAll);

interface Served {
  readonly command: RunningCommand;
  /** Where it listens, the public address aside. */
  readonly address: string;
  readonly ask: (path: string, token?: string) => Promise<Response>;
}

async function serve(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Served> {
  const command = startIn({ environment }, args);
  const address = await until('the coordinator listens', () => {
    if (command.process.exitCode !== null) throw new Error(command.stderr());
    return /ws:\/\/127\.0\.0\.1:\d+\//.exec(command.stderr())?.[0];
  });
  const base = address.replace('ws:', 'http:');
  const ask = (path: string, token?: string): Promise<Response> =>
    fetch(`${base}${path}`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
  return { command, address, ask };
}

const work = (address: string, environment: Readonly<Record<string, string>>, ...more: readonly string[]): RunningCommand =>
  startIn({ environment }, ['worker', address, '--threads', '1', ...more]);

const linesWith = (text: string, part: string): readonly string[] => text.split('\n').filter((line) => line.includes(part));

describe('a coordinator that strangers can reach', () => {
  it('makes tokens, keeps them beside the run for its owner alone, and wants them after a restart too', async () => {
    const out = join(folder, 'made');
    const first = await serve(['coordinator', file, '--port', '0', '--out', out, ...published]);
    const text = await until('the invitation is printed', () => {
      const printed = first.command.stderr();
      return printed.includes('lie in') ? printed : undefined;
    });
    const volunteers = /https:\/\/starling\.example\.org\/run\/volunteer\/#token=([\w-]{43})/.exec(text)?.[1] ?? '';
    const owner = /https:\/\/starling\.example\.org\/run\/#token=([\w-]{32})/.exec(text)?.[1] ?? '';
    const invited = /STARLING_WORKER_TOKEN=([\w-]{32}) npx starling worker wss:\/\/starling\.example\.org\/run\//;
    const worker = invited.exec(text)?.[1] ?? '';
    expect([worker.length, owner.length, worker === owner]).toEqual([32, 32, false]);
    expect(volunteers).toBe(volunteerTokenOf(worker));
    const store = `${out}.tokens.json`;
    expect(statSync(store).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(store, 'utf8'))).toEqual({ worker, administration: owner });

    expect((await first.ask('status')).status).toBe(401);
    expect((await first.ask('status', volunteers)).status).toBe(401);
    expect((await first.ask('status', owner)).status).toBe(200);
    const summary = await (await first.ask('volunteer/run.json', volunteers)).json();
    expect(summary).toMatchObject({ operator: 'A. Lab', contact: 'lab@example.org' });
    const refused = await run(['worker', first.address, '--threads', '1']);
    expect([refused.exitCode, refused.stderr.includes('[unauthorized]')]).toEqual([6, true]);
    expect(refused.stderr).toContain('--token-file');
    first.command.process.kill('SIGINT');
    expect((await first.command.finished).exitCode).toBe(4);

    // The same tokens and the same page, without a word about either; the owner's link is not shown again.
    const second = await serve(['resume', out, '--threads', '0', '--json']);
    expect((await second.ask('status', owner)).status).toBe(200);
    expect(await (await second.ask('volunteer/run.json', volunteers)).json()).toMatchObject(summary as object);
    expect(linesWith(second.command.stderr(), owner)).toEqual([]);
    expect(second.command.stderr()).toContain(`${publicUrl}volunteer/#token=${volunteers}`);
    const helper = work(second.address, { STARLING_WORKER_TOKEN: worker });
    const { stdout } = await second.command.finished;
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'completed', parametersSha256 });
    expect((await helper.finished).exitCode).toBe(0);
    // Nothing that is copied with the run holds a token.
    for (const [path, bytes] of Object.entries(filesOf(out))) {
      const content = Buffer.from(bytes, 'base64').toString('latin1');
      expect([path, ...[volunteers, worker, owner].map((token) => content.includes(token))]).toEqual([path, false, false, false]);
    }
  });

  // Other systems show command lines elsewhere.
  it.skipIf(process.platform !== 'linux')('gives its own worker the token, where nobody sees it', async () => {
    const out = join(folder, 'train');
    const command = startIn({}, [
      'train',
      file,
      '--threads',
      '1',
      '--out',
      out,
      '--json',
      '--public-url',
      publicUrl,
      '--set',
      'training.steps=400',
    ]);
    const token = await until('the token is stored', () => {
      if (command.process.exitCode !== null) throw new Error(command.stderr());
      return existsSync(`${out}.tokens.json`)
        ? (JSON.parse(readFileSync(`${out}.tokens.json`, 'utf8')) as { readonly worker: string }).worker
        : undefined;
    });
    // A process that was just forked has its parent's command line still.
    const [worker = ''] = await until('the worker is there', () => {
      const lines = childrenOf(command.process.pid ?? 0).filter((line) => line.includes('--until-stdin-closes'));
      return lines.length > 0 ? lines : undefined;
    });
    expect([worker.includes('worker'), worker.includes(token)]).toEqual([true, false]);
    expect(JSON.parse((await command.finished).stdout)).toMatchObject({ outcome: 'completed' });
  });

  it('leaves no tokens where its run did not begin', async () => {
    const out = join(folder, 'taken');
    const taken = await serve(['coordinator', file, '--port', '0', '--out', join(folder, 'holder')]);
    const { port } = new URL(taken.address);
    const { exitCode } = await run(['coordinator', file, '--port', port, '--out', out, '--public-url', publicUrl]);
    expect([exitCode, existsSync(`${out}.tokens.json`)]).toEqual([5, false]);
  });
});

describe('tokens of one’s own', () => {
  const given = 'f'.repeat(8) + '0123456789abcdef01234567';
  const administration = '89abcdef'.repeat(5);
  const tokenFile = join(folder, 'worker-token');

  it('come from a file before the environment, are wanted on loopback too, and are written nowhere', async () => {
    writeFileSync(tokenFile, `${given}\n`);
    const out = join(folder, 'given');
    const environment = { STARLING_WORKER_TOKEN: administration, STARLING_ADMIN_TOKEN: administration };
    const args = ['coordinator', file, '--port', '0', '--out', out, '--json', '--worker-token-file', tokenFile];
    const { command, address, ask } = await serve(args, environment);
    expect((await ask('status')).status).toBe(401);
    expect((await ask('status', administration)).status).toBe(200);
    expect((await work(address, environment).finished).exitCode).toBe(6);
    const worker = work(address, environment, '--token-file', tokenFile);
    expect(JSON.parse((await command.finished).stdout)).toMatchObject({ outcome: 'completed', parametersSha256 });
    expect((await worker.finished).exitCode).toBe(0);
    expect(linesWith(command.stderr(), administration)).toEqual([]);
    expect(existsSync(`${out}.tokens.json`)).toBe(false);
  });

  it('are refused in one line when they can be guessed or cannot be read', async () => {
    const attempt = async (content: string | undefined): Promise<string> => {
      const path = join(folder, 'bad-token');
      if (content !== undefined) writeFileSync(path, content);
      const option = content === undefined ? join(folder, 'absent') : path;
      const { exitCode, stderr } = await run(['coordinator', file, '--port', '0', '--admin-token-file', option]);
      expect([exitCode, stderr.trim().split('\n').length]).toEqual([2, 1]);
      return stderr;
    };
    expect(await attempt('secret')).toContain('at least 128 bits');
    expect(await attempt('0123456789'.repeat(3))).toContain('at least 128 bits');
    expect(await attempt('ab'.repeat(60))).toContain('at least 128 bits');
    expect(await attempt('')).toContain('at least 128 bits');
    expect(await attempt(`${given} ${given}`)).toContain('printable ASCII without spaces');
    expect(await attempt('x1Y'.repeat(100))).toContain('at most 256');
    expect(await attempt(undefined)).toContain('Cannot read token');
  });

  it('do not go on a command line by mistake: a volunteers’ link is no address, and is not repeated', async () => {
    const { exitCode, stderr } = await run(['worker', `ws://127.0.0.1:1/volunteer/#token=${given}`]);
    expect([exitCode, stderr.includes(given)]).toEqual([2, false]);
    expect(stderr).toContain('STARLING_WORKER_TOKEN');
  });
});

it('a coordinator on this machine alone has no tokens and says no more than before', async () => {
  const out = join(folder, 'alone');
  const result = await runJson(['train', file, '--threads', '1', '--out', out]);
  expect(result).toMatchObject({ outcome: 'completed', parametersSha256 });
  expect(existsSync(`${out}.tokens.json`)).toBe(false);
});

it.each([
  ['--public-url', 'starling.example.org'],
  ['--public-url', 'https://starling.example.org/#here'],
  ['--operator', 'two\nlines'],
  ['--contact', 'x'.repeat(257)],
])('refuses %s %j', async (option, value) => {
  const { exitCode, stderr } = await run(['coordinator', file, option, value]);
  expect([exitCode, stderr.includes('wanted')]).toEqual([2, true]);
});

/** The command lines of a process's children. */
function childrenOf(processId: number): readonly string[] {
  const ids = readFileSync(`/proc/${processId}/task/${processId}/children`, 'utf8').trim();
  return ids === '' ? [] : ids.split(' ').map((id) => readFileSync(`/proc/${id}/cmdline`, 'utf8'));
}
