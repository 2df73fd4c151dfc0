// What a volunteer's browser gets: the page with its scripts, and the run in short.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { runSummaryPath, type RunSummary } from '../../protocol/index.js';
import { bearerTokenOf, type Access } from './access.js';
import { pageHeaders } from './page-headers.js';
import { serveStaticFile, type StaticFiles } from './static-files.js';

/** Where volunteers go. */
export const volunteerPath = '/volunteer/';

/** What a visitor is told who shows no token. */
export const visitorText = (what: 'run' | 'study'): string =>
  [
    `Starling: a ${what} is served here.`,
    '',
    `Help from a browser tab: ${volunteerPath}, with the link that its owner gave you`,
    '',
  ].join('\n');

/** What the page and its data are made from. */
export interface VolunteerPageOptions {
  readonly files: StaticFiles;
  /** Who may see the run in short: whoever may work for it. The page itself is for everyone. */
  readonly acceptsWorker: Access['acceptsWorker'];
  /** The run, and what the worker of this name has done; undefined while the run is being opened. */
  readonly summary: (workerName: string | undefined) => RunSummary | undefined;
}

/** A request under way. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Besides its own files the page starts its own workers and compiles WebAssembly. */
const scripts = ["script-src 'self' 'wasm-unsafe-eval'", "worker-src 'self'"];

/** Answers a request below the volunteers' path; false where nothing is there. */
export function serveVolunteerPage({ files, acceptsWorker, summary }: VolunteerPageOptions, exchange: Exchange): boolean {
  const { request, response } = exchange;
  // Split by hand: not everything that a stranger sends is an address that `URL` accepts.
  const [pathname = '/', query] = (request.url ?? '/').split('?', 2);
  const headers = pageHeaders(request, scripts);
  if (pathname === volunteerPath.slice(0, -1)) {
    response.writeHead(308, { ...headers, Location: volunteerPath });
    response.end();
    return true;
  }
  if (!pathname.startsWith(volunteerPath)) return false;
  const path = pathname.slice(volunteerPath.length);
  if (path !== runSummaryPath) {
    return serveStaticFile({ files, path: path === '' ? 'index.html' : path }, exchange, headers);
  }
  const isInvited = acceptsWorker(bearerTokenOf(request));
  const state = isInvited ? summary(new URLSearchParams(query).get('worker') ?? undefined) : undefined;
  const body = JSON.stringify(state ?? null);
  const contentType = 'application/json; charset=utf-8';
  const challenge = isInvited ? {} : { 'WWW-Authenticate': 'Bearer realm="starling"' };
  const status = isInvited ? (state === undefined ? 503 : 200) : 401;
  response.writeHead(status, { ...headers, ...challenge, 'Cache-Control': 'no-store', 'Content-Type': contentType });
  response.end(request.method === 'HEAD' ? undefined : `${body}\n`);
  return true;
}
