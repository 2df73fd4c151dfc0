// A way between a worker and its coordinator. It can go dead without a word, no bytes, no end, in either direction; and who comes by it can
// seem to come from another address of the loopback network, as a stranger would.

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way that is open. */
export interface Detour {
  /** `ws://host:port/` */
  readonly address: string;
  /** From now on nothing passes, and nobody hears of it. */
  stall(): void;
  close(): void;
}

/** Opens a way to the coordinator at an address, to which connections then come from `localAddress`. */
export async function openDetour(target: string, localAddress = '127.0.0.1'): Promise<Detour> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const { hostname, port } = new URL(target);
  const server = createServer((near) => {
    const far = keep(connect({ host: hostname, port: Number(port), localAddress }));
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
