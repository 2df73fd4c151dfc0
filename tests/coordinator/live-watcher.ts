// A page's side of the live feed, over a real WebSocket.

import { WebSocket } from 'ws';
import type { LiveMessage } from '../../protocol/index.js';

export interface Watcher {
  readonly socket: WebSocket;
  readonly messages: readonly LiveMessage[];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

/** Opens the feed of a coordinator and says this; nothing: says nothing. */
export function watch(address: string, greeting?: string | Buffer, headers: Readonly<Record<string, string>> = {}): Watcher {
  const socket = new WebSocket(new URL('/live', address), { headers });
  const messages: LiveMessage[] = [];
  socket.on('open', () => {
    if (greeting !== undefined) socket.send(greeting);
  });
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString('utf8')) as LiveMessage));
  const closed = new Promise<{ readonly code: number; readonly reason: string }>((resolve, reject) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString('utf8') }));
    socket.on('error', reject);
  });
  closed.catch(() => undefined);
  return { socket, messages, closed };
}

export const greeting = (token: string | null = null): string => JSON.stringify({ token });
