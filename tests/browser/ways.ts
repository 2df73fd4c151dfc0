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
    // Small messages are not kept for one another's company: that alone would take 40 ms.
    socket.setNoDelay(true);
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

/** A way from another name: browsers trust the names of their own machine, and the coordinator knows no other. */
export const foreignWay = (port: string): Promise<Way> => openHttpWay(port, { change: (_, content) => content, isForeign: true });

/** Opens a way to a port on this machine on which scripts are changed; the debugger cannot reach a worker's worker. */
export const changingWay = (port: string, change: ScriptChange): Promise<Way> => openHttpWay(port, { change, isForeign: false });

interface HttpWay {
  readonly change: ScriptChange;
  /** Whether the coordinator is told its own name in place of that which the browser has for it. */
  readonly isForeign: boolean;
}

async function openHttpWay(port: string, way: HttpWay): Promise<Way> {
  const server = createHttpServer((near, answer) => void pass(port, way, { near, answer }));
  // Everything else, the WebSocket too, passes as it is.
  server.on('upgrade', (near: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.setNoDelay(true);
    const far = connect(Number(port), '127.0.0.1', () => {
      const lines = Object.entries(headersOf(near, port, way)).map(([name, value]) => `${name}: ${String(value)}`);
      far.write([`GET ${near.url ?? '/'} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
      far.write(head);
      far.pipe(socket).pipe(far);
    });
    far.setNoDelay(true);
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

/** The host that the browser has named stays: the page's policy is made from it. */
function headersOf({ headers }: IncomingMessage, port: string, { isForeign }: HttpWay): IncomingMessage['headers'] {
  const host = `127.0.0.1:${port}`;
  const own = { host, ...(headers.origin === undefined ? {} : { origin: `http://${host}` }) };
  return { ...headers, ...(isForeign ? own : {}) };
}

async function pass(port: string, way: HttpWay, { near, answer }: Exchange): Promise<void> {
  const headers = { ...headersOf(near, port, way), 'accept-encoding': 'identity' };
  const far = request({ host: '127.0.0.1', port, path: near.url, method: near.method, headers }).end();
  try {
    const [response] = (await once(far, 'response')) as [IncomingMessage];
    const body = await buffer(response);
    const path = near.url ?? '/';
    const changed = path.endsWith('.js') ? way.change(path, body.toString()) : body;
    const kept = Object.fromEntries(Object.entries(response.headers).filter(([name]) => name !== 'content-length'));
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
