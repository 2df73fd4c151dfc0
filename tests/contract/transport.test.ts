import { connectOverWebSockets } from '../../node-worker/websocket-connection.js';
import { createInMemoryTransport, defaultProtocolLimits } from '../../protocol/index.js';
import { openWebSocketServer } from './websocket-server.js';
import { testTransport } from './transport.contract.js';

testTransport('in-memory', (accept, frameBytes) => {
  const { listen, connect } = createInMemoryTransport(setImmediate, { ...defaultProtocolLimits, frameBytes });
  return Promise.resolve({ listener: listen('coordinator', accept), connect, dispose: () => Promise.resolve() });
});

testTransport('WebSocket', async (accept, frameBytes) => {
  const server = await openWebSocketServer({ accept, bounds: { frameBytes } });
  const connect = connectOverWebSockets({
    frameBytes,
    bufferedBytes: 64 * 1024 * 1024,
    handshakeMilliseconds: 10_000,
    silenceMilliseconds: 60_000,
  });
  return { ...server, connect };
});
