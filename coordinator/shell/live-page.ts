// The live page for the run's owner: its files at the coordinator's root, under a policy that lets it talk to this server alone.

import { pageHeaders } from './page-headers.js';
import { serveStaticFile, type StaticFiles } from './static-files.js';
import type { Exchange } from './volunteer-page.js';

/** Answers a request for the page or one of its files; false where nothing is there. */
export function serveLivePage(files: StaticFiles, exchange: Exchange): boolean {
  const [pathname = '/'] = (exchange.request.url ?? '/').split('?', 1);
  const path = pathname === '/' ? 'index.html' : pathname.slice(1);
  return serveStaticFile({ files, path }, exchange, pageHeaders(exchange.request, ["script-src 'self'"]));
}
