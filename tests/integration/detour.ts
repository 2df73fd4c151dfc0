// A way between a worker and its coordinator. It can go dead without a word, no bytes, no end, in either direction; it can be slow, so that a
// run lasts as long on a fast machine; and who comes by it can seem to come from another address of the loopback network, as a stranger would.

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/** A way that is open. */
export interface Detour {
  /** `ws://host:port/` */
  readonly address: string;
  /** What a worker says arrives this much later, so that it takes part in so few steps a second. */
  delayMilliseconds: number;
  /** From now on nothing passes, and nobody hears of it. */
  stall(): void;
  close(): void;
}

/** How a way is opened. */
export interface DetourOptions {
  /** Where connections seem to come from. */
  readonly localAddress?: string;
  readonly delayMilliseconds?: number;
}

/** Opens a way to the coordinator at an address. */
export async function openDetour(
  target: string,
  { localAddress = '127.0.0.1', delayMilliseconds = 0 }: DetourOptions = {},
): Promise<Detour> {
  const sockets = new Set<Socket>();
  let isStalled = false;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    // Small messages are not kept for one another's company: that alone would take 40 ms.
    socket.setNoDelay(true);
    return socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const { hostname, port } = new URL(target);
  const server = createServer((near) => {
    const far = keep(connect({ host: hostname, port: Number(port), localAddress }));
    const slow = new Transform({
      transform: (bytes, _encoding, pass) => {
        setTimeout(() => pass(null, bytes), detour.delayMilliseconds);
      },
    });
    keep(near).pipe(slow).pipe(far).pipe(near);
    // A worker that is killed may leave no end that a pipe would pass on.
    near.on('close', () => (isStalled ? undefined : slow.end()));
    // Where nobody listens there is none either.
    far.on('close', () => (isStalled ? undefined : near.end()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const detour: Detour = {
    delayMilliseconds,
    address: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stall: () => {
      isStalled = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return detour;
}
