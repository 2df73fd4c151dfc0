// What becomes of a WebSocket that is no worker's.

import { once } from 'node:events';
import type { WebSocket } from 'ws';

/** How it is closed. */
export async function closeOf(socket: WebSocket): Promise<{ readonly code: number; readonly reason: string }> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return { code, reason: reason.toString() };
}

/** The status with which its upgrade is refused. */
export async function statusOf(socket: WebSocket): Promise<number | undefined> {
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode?: number }];
  return response.statusCode;
}
