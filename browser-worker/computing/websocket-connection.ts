// Reaches a coordinator from a tab: the browser's WebSocket as a connection.

import { connectionOverWebSocket, defaultProtocolLimits, ProtocolError, type Connect } from '../../protocol/index.js';
import { ImpatientSocket } from './impatient-socket.js';

/** What may wait for a slow network before the connection is given up. */
const bufferedBytes = 4 * defaultProtocolLimits.frameBytes;

/** A way to connect to `ws:` and `wss:` addresses; an attempt ends after the handshake time. */
export function connectOverBrowserWebSockets(handshakeMilliseconds: number): Connect {
  return (address, accept) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(address);
      const refuse = (found: string): void => {
        clearTimeout(timer);
        // A browser does not tell pages why a connection fails.
        reject(new ProtocolError('unreachable', `Cannot connect to ${address}: ${found}`));
      };
      const timer = setTimeout(() => {
        socket.onclose = null;
        socket.close();
        refuse(`no answer found in ${handshakeMilliseconds} ms, one wanted`);
      }, handshakeMilliseconds);
      socket.onclose = () => refuse('the server did not accept it');
      socket.onopen = () => {
        clearTimeout(timer);
        const options = { remote: address, frameBytes: defaultProtocolLimits.frameBytes, bufferedBytes };
        resolve(connectionOverWebSocket(new ImpatientSocket(socket), options, accept));
      };
    });
}
