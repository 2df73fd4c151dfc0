// The files of a page, held in memory with their compressed copies and served as they are: no path of a request touches the disk.
//
// Files whose name has a digest of their content never change; all others are asked for again each time.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';

interface StaticFile {
  readonly type: string;
  readonly cacheControl: string;
  readonly tag: string;
  readonly content: Buffer;
  readonly compressed: Readonly<Partial<Record<Encoding, Buffer>>>;
}

type Encoding = 'br' | 'gzip';

/** Files by their path below the folder, with forward slashes. */
export type StaticFiles = ReadonlyMap<string, StaticFile>;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const endings: Readonly<Record<Encoding, string>> = { br: '.br', gzip: '.gz' };
const hasDigest = /-[\w-]{8}\.\w+$/;

/** Reads a folder's files of the kinds that a page is made of; none where there is no such folder. */
export function readStaticFiles(folder: string): StaticFiles {
  const files = new Map<string, StaticFile>();
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  for (const name of isFolder ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : []) {
    const type = types[extname(name)];
    if (type === undefined) continue;
    const read = (encoding: Encoding): Partial<Record<Encoding, Buffer>> => {
      const copy = join(folder, name + endings[encoding]);
      return statSync(copy, { throwIfNoEntry: false }) === undefined ? {} : { [encoding]: readFileSync(copy) };
    };
    const content = readFileSync(join(folder, name));
    const tag = `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`;
    const cacheControl = hasDigest.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache';
    const compressed = { ...read('br'), ...read('gzip') };
    files.set(name.replaceAll(sep, '/'), { type, cacheControl, tag, content, compressed });
  }
  return files;
}

/** Answers a GET or HEAD for a file, under the headers given; false where there is no such file. */
export function serveStaticFile(
  { files, path }: { readonly files: StaticFiles; readonly path: string },
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  headers: Readonly<Record<string, string>>,
): boolean {
  const file = files.get(path);
  if (file === undefined) return false;
  const { type, cacheControl, tag, compressed } = file;
  const shared = { ...headers, 'Cache-Control': cacheControl, ETag: tag, Vary: 'Accept-Encoding' };
  if (request.headers['if-none-match'] === tag) {
    response.writeHead(304, shared);
    response.end();
    return true;
  }
  const accepted = request.headers['accept-encoding'] ?? '';
  const encoding = (['br', 'gzip'] as const).find((one) => compressed[one] !== undefined && accepts(accepted, one));
  const body = (encoding === undefined ? undefined : compressed[encoding]) ?? file.content;
  const coding = encoding === undefined ? {} : { 'Content-Encoding': encoding };
  response.writeHead(200, { ...shared, ...coding, 'Content-Type': type, 'Content-Length': body.byteLength });
  response.end(request.method === 'HEAD' ? undefined : body);
  return true;
}

function accepts(header: string, encoding: Encoding): boolean {
  return header.split(',').some((part) => {
    const [name = '', quality = ''] = part.split(';');
    return name.trim().toLowerCase() === encoding && !/^\s*q=0(\.0*)?\s*$/.test(quality);
  });
}
