// What every answer over HTTP has in common: its headers, and who is not answered at all.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

const headers = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
};

/** A request that is to be answered, and how. */
export interface Question {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly answer: (code: number, type: string, body: string) => void;
}

/** Answers requests that name this server and only want to read. */
export function answering(
  isHostAllowed: (host: string | undefined) => boolean,
  onQuestion: (question: Question) => void,
): RequestListener {
  return (request, response) => {
    const answer = (code: number, type: string, body: string): void => {
      const challenge = code === 401 ? { 'WWW-Authenticate': 'Bearer realm="starling"' } : {};
      response.writeHead(code, { ...headers, ...challenge, 'Content-Type': `${type}; charset=utf-8` });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    if (!isHostAllowed(request.headers.host)) return answer(403, 'text/plain', 'The Host header is not one of this server.\n');
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'text/plain', 'Only GET is known here.\n');
    onQuestion({ request, response, answer });
  };
}
