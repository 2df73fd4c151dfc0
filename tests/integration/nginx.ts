// nginx with the configuration of docs/reverse-proxy.md, in a folder and on ports of its own.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import type { Issued } from './certificates.js';
import { repository, until } from './command.js';

/** A proxy at work. */
export interface RunningProxy {
  readonly securePort: number;
  readonly plainPort: number;
  close(): Promise<void>;
}

/** The file of nginx; undefined where there is none. */
export function nginxPath(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, 'nginx')).find((file) => existsSync(file));
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts nginx as documented, under the name localhost, before a coordinator on a port. */
export async function startNginx(file: string, { folder, identity, target, securePort }: ProxyOptions): Promise<RunningProxy> {
  const plainPort = await freePort();
  const documented = /```nginx\n([\s\S]*?)```/.exec(readFileSync(join(repository, 'docs/reverse-proxy.md'), 'utf8'))?.[1] ?? '';
  const places: Readonly<Record<string, string>> = {
    'listen 443 ssl;': `listen 127.0.0.1:${securePort} ssl;`,
    'listen 80;': `listen 127.0.0.1:${plainPort};`,
    '/etc/letsencrypt/live/starling.example.org/fullchain.pem': identity.certFile,
    '/etc/letsencrypt/live/starling.example.org/privkey.pem': identity.keyFile,
    'https://starling.example.org': `https://localhost:${securePort}`,
    'starling.example.org': 'localhost',
    '/var/cache/nginx/starling': join(folder, 'cache'),
    '127.0.0.1:7117': `127.0.0.1:${target}`,
  };
  let site = documented;
  for (const [from, to] of Object.entries(places)) {
    if (!site.includes(from)) throw new Error(`Cannot try the documented configuration: '${from}' is not in it`);
    site = site.replaceAll(from, to);
  }
  mkdirSync(join(folder, 'temporary'));
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const main = [
    ...['daemon off;', 'master_process off;', `pid ${join(folder, 'nginx.pid')};`, 'error_log stderr warn;'],
    'events { worker_connections 512; }',
    'http {',
    ...kinds.map((kind) => `${kind}_temp_path ${join(folder, 'temporary', kind)};`),
    `${site}}`,
  ];
  const configuration = join(folder, 'nginx.conf');
  writeFileSync(configuration, `${main.join('\n')}\n`);
  const child = spawn(file, ['-p', folder, '-e', 'stderr', '-c', configuration], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await until('nginx listens', async () => {
    if (child.exitCode !== null) throw new Error(`Cannot start nginx: ${complaints}`);
    return (await isOpen(securePort)) ? true : undefined;
  });
  const close = (): Promise<void> => {
    child.kill('SIGKILL');
    return ended;
  };
  return { securePort, plainPort, close };
}

/** Where a proxy stands. */
export interface ProxyOptions {
  /** A new folder, for everything that it writes. */
  readonly folder: string;
  readonly identity: Issued;
  /** The coordinator's port. */
  readonly target: number;
  readonly securePort: number;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
