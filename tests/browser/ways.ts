// Ways between a tab and its coordinator that a test has a hand in: one that can be cut like a network, one that changes scripts.

import { once } from 'node:events';
import { createServer as createHttpServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A way that is there. */
export interface Way {
  /** Where the volunteer page is at its near end. */
  readonly pageAddress: string;
  readonly close: () => void;
}

/** A way that can be cut. */
export interface CuttableWay extends Way {
  /** From now on no byte passes in either direction, and nobody hears of it; new connections are as silent. */
  readonly cut: () => void;
  /** What was on its way arrives. */
  readonly mend: () => void;
}

/** Opens a way to a port on this machine. */
export async function cuttableWay(port: string): Promise<CuttableWay> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const join = (from: Socket, to: Socket): void => {
    from.on('data', (bytes: Buffer) => {
      if (!to.write(bytes)) from.pause();
    });
    to.on('drain', () => (isCut ? undefined : from.resume()));
    from.on('end', () => to.end());
  };
  const server = createServer((near) => {
    const far = keep(connect(Number(port), '127.0.0.1'));
    join(keep(near), far);
    join(far, near);
    if (isCut) for (const socket of [near, far]) socket.pause();
  });
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.pause();
  };
  const mend = (): void => {
    isCut = false;
    for (const socket of sockets) socket.resume();
  };
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { pageAddress: await listen(server), cut, mend, close };
}

/** Gives the answer to a request for a script another content; undefined: status 404. */
export type ScriptChange = (path: string, content: string) => string | undefined;

/** Opens a way to a port on this machine on which scripts are changed; the debugger cannot reach a worker's worker. */
export async function changingWay(port: string, change: ScriptChange): Promise<Way> {
  const server = createHttpServer((near, answer) => void pass(port, change, { near, answer }));
  // Everything else, the WebSocket too, passes as it is.
  server.on('upgrade', (near: IncomingMessage, socket: Socket, head: Buffer) => {
    const far = connect(Number(port), '127.0.0.1', () => {
      const lines = [`GET ${near.url ?? '/'} HTTP/1.1`];
      for (let index = 0; index < near.rawHeaders.length; index += 2) {
        lines.push(`${near.rawHeaders[index] ?? ''}: ${near.rawHeaders[index + 1] ?? ''}`);
      }
      far.write(`${lines.join('\r\n')}\r\n\r\n`);
      far.write(head);
      far.pipe(socket).pipe(far);
    });
    for (const end of [far, socket]) end.on('error', () => end.destroy());
    far.on('close', () => socket.destroy());
    socket.on('close', () => far.destroy());
  });
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { pageAddress: await listen(server), close };
}

interface Exchange {
  readonly near: IncomingMessage;
  readonly answer: ServerResponse;
}

async function pass(port: string, change: ScriptChange, { near, answer }: Exchange): Promise<void> {
  // A host of its own stays in the headers: the page's policy is made from it.
  const headers = { ...near.headers, 'accept-encoding': 'identity' };
  const far = request({ host: '127.0.0.1', port, path: near.url, method: near.method, headers }).end();
  try {
    const [response] = (await once(far, 'response')) as [IncomingMessage];
    const body = await buffer(response);
    const path = near.url ?? '/';
    const changed = path.endsWith('.js') ? change(path, body.toString()) : body;
    const { 'content-length': _, ...kept } = response.headers;
    if (changed === undefined) return void answer.writeHead(404).end();
    answer.writeHead(response.statusCode ?? 500, kept).end(changed);
  } catch {
    answer.destroy();
  }
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/volunteer/`;
}
