// A network between a worker and its coordinator that can go dead without a word: no bytes, no end, in either direction.

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a port that can be blocked. */
export interface StallingProxy {
  /** `ws://host:port/` */
  readonly address: string;
  /** From now on nothing passes, and nobody hears of it. */
  stall(): void;
  close(): void;
}

/** Opens a way to the coordinator at an address. */
export async function stallingProxy(target: string): Promise<StallingProxy> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const { hostname, port } = new URL(target);
  const server = createServer((near) => {
    const far = keep(connect(Number(port), hostname));
    keep(near).pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stall: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
