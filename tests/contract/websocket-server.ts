// A listener on a free port of the loopback interface, for tests.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { UpgradePolicy } from '../../coordinator/shell/upgrade-policy.js';
import { policyFor } from '../../coordinator/shell/upgrade-policy.js';
import type { ConnectionBounds } from '../../coordinator/shell/websocket-listener.js';
import { listenForWebSockets } from '../../coordinator/shell/websocket-listener.js';
import type { Accept, Listener } from '../../protocol/index.js';

/** A listener and the HTTP server under it. */
export interface OpenServer {
  readonly listener: Listener;
  dispose(): Promise<void>;
}

/** Opens a listener with generous bounds where a test names no others. */
export async function openWebSocketServer(options: {
  readonly accept: Accept;
  readonly bounds?: Partial<ConnectionBounds>;
  readonly policy?: Partial<UpgradePolicy>;
}): Promise<OpenServer> {
  const server = createServer((_request, response) => response.writeHead(404).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const listener = listenForWebSockets({
    server,
    path: '/',
    accept: options.accept,
    policy: { ...policyFor({}), ...options.policy },
    bounds: {
      frameBytes: 1024 * 1024,
      bufferedBytes: 64 * 1024 * 1024,
      handshakeMilliseconds: 60_000,
      heartbeatMilliseconds: 60_000,
      ...options.bounds,
    },
  });
  return {
    listener,
    async dispose() {
      await listener.close();
      server.closeAllConnections();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}
