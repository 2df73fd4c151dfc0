// A run over TLS: with a certificate of one's own, with a private authority, and with files that are not good.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { issueCertificate, type Issued } from './certificates.js';
import { killAll, run, runJson, start, startIn, until } from './command.js';
import { configurationOf, serialDigest, temporaryFolder, writeConfiguration } from './configurations.js';

const config = configurationOf('linear-attention', { steps: 20, microbatches: 4, microbatchSize: 16 });
const folder = temporaryFolder();
const file = writeConfiguration(folder, config);
let parametersSha256 = '';

beforeAll(() => {
  parametersSha256 = serialDigest(config, wasmBackend);
});

afterAll(killAll);

const flags = ({ certFile, keyFile }: Issued): readonly string[] => ['--tls-cert', certFile, '--tls-key', keyFile];

/** A coordinator over TLS, and where it listens. */
async function serve(identity: Issued, name: string) {
  const command = start(['coordinator', file, '--port', '0', '--out', join(folder, name), '--json', ...flags(identity)]);
  const address = await until('the coordinator listens', () => {
    if (command.process.exitCode !== null) throw new Error(command.stderr());
    return /wss:\/\/127\.0\.0\.1:\d+\//.exec(command.stderr())?.[0];
  });
  return { command, address };
}

it('a worker joins over TLS when its machine trusts the authority, and is refused a connection when it does not', async () => {
  const authority = issueCertificate(folder, { names: ['authority'] });
  const { command, address } = await serve(issueCertificate(folder, { names: ['127.0.0.1'], issuer: authority }), 'authority');
  const stranger = await run(['worker', address, '--threads', '1', '--connect-timeout', '1']);
  expect(stranger.exitCode).toBe(6);
  expect(stranger.stderr).toContain('[unreachable]');
  const environment = { NODE_EXTRA_CA_CERTS: authority.certFile };
  const worker = startIn({ environment }, ['worker', address, '--threads', '1']);
  expect(JSON.parse((await command.finished).stdout)).toMatchObject({ outcome: 'completed', parametersSha256 });
  expect((await worker.finished).exitCode).toBe(0);
});

it('a worker that is given the certificate trusts it whatever name it is for, and no other', async () => {
  const elsewhere = issueCertificate(folder, { names: ['starling.example.org'] });
  const other = issueCertificate(folder, { names: ['other.example.org'] });
  const { command, address } = await serve(elsewhere, 'given');
  const args = ['worker', address, '--threads', '1'];
  expect((await run([...args, '--connect-timeout', '1', '--tls-cert', other.certFile])).exitCode).toBe(6);
  const worker = start([...args, '--tls-cert', elsewhere.certFile]);
  expect(JSON.parse((await command.finished).stdout)).toMatchObject({ outcome: 'completed', parametersSha256 });
  expect((await worker.finished).exitCode).toBe(0);
});

it('train serves over TLS beside its own worker, and ends with the serial bits', async () => {
  const authority = issueCertificate(folder, { names: ['another-authority'] });
  const leaf = issueCertificate(folder, { names: ['train.example.org'], issuer: authority });
  const result = await runJson(['train', file, '--threads', '1', '--out', join(folder, 'train'), ...flags(leaf)]);
  expect(result).toMatchObject({ outcome: 'completed', parametersSha256 });
});

it.concurrent('cuts a stranger off who begins a TLS handshake and says no more', async () => {
  const { address } = await serve(issueCertificate(folder, { names: ['silent.example.org'] }), 'silent');
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname).on('error', () => {});
  await once(socket, 'connect');
  socket.resume().write(Buffer.from('160301', 'hex'));
  await once(socket, 'close', { signal: AbortSignal.timeout(30_000) });
});

it.concurrent('refuses certificate and key in one line when they are not good', async () => {
  const day = 24 * 3600 * 1000;
  const good = issueCertificate(folder, { names: ['good.example.org'] });
  const past = issueCertificate(folder, { names: ['past.example.org'], to: new Date(Date.now() - day / 2) });
  const coming = issueCertificate(folder, { names: ['coming.example.org'], from: new Date(Date.now() + day / 2) });
  const garbage = join(folder, 'garbage.pem');
  writeFileSync(garbage, 'no certificate\n');
  const attempts: readonly (readonly [readonly string[], string])[] = [
    [['--tls-cert', good.certFile], 'found alone, --tls-key wanted too'],
    [['--tls-key', good.keyFile], 'found alone, --tls-cert wanted too'],
    [['--tls-cert', join(folder, 'absent.crt'), '--tls-key', good.keyFile], 'Cannot read certificate'],
    [['--tls-cert', good.certFile, '--tls-key', join(folder, 'absent.key')], 'Cannot read key'],
    [['--tls-cert', garbage, '--tls-key', good.keyFile], 'no certificate in PEM found'],
    [['--tls-cert', good.certFile, '--tls-key', garbage], 'no private key in PEM without a passphrase found'],
    [['--tls-cert', good.certFile, '--tls-key', past.keyFile], 'another key'],
    [flags(past), 'expired'],
    [flags(coming), 'it is valid from'],
  ];
  for (const [args, found] of attempts) {
    const { exitCode, stderr } = await run(['coordinator', file, '--port', '0', '--out', join(folder, 'refused'), ...args]);
    expect([exitCode, stderr.trim().split('\n').length]).toEqual([2, 1]);
    expect(stderr).toContain(found);
    expect(stderr).toContain('[tls-invalid]');
  }
});
