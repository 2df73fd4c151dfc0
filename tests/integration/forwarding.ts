// A way to a coordinator from another address of the loopback network, as a stranger's would be.

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way that is open. */
export interface Forwarding {
  /** `ws://host:port/` */
  readonly address: string;
  close(): void;
}

/** Passes connections on to a coordinator, to which they come from `localAddress`. */
export async function forwardFrom(localAddress: string, target: string): Promise<Forwarding> {
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
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
