// A worker over a real WebSocket that computes with the interpreter, and misbehaves where a test wants it to.

import { WebSocket } from 'ws';
import { connectOverWebSockets } from '../../node-worker/websocket-connection.js';
import {
  bytesOfFloats,
  connectionOverWebSocket,
  decodeFrame,
  encodeFrame,
  floatsOfBytes,
  workerPayloadLengths,
  type Bytes,
  type Closure,
  type Connect,
  type Connection,
  type Contribution,
  type CoordinatorMessage,
  type Hello,
  type Lease,
  type ProgramEntry,
} from '../../protocol/index.js';
import { interpreter, parseProgramBytes, defaultLimits, sumTree, type Executable } from '../../tensor/index.js';
import { helloFrom, sha256 } from './toy-run.js';

const connect = connectOverWebSockets({
  ...{ frameBytes: 1 << 24, bufferedBytes: 1 << 24, handshakeMilliseconds: 5000, silenceMilliseconds: 60_000 },
});

/** What a worker answers to a lease; undefined is no answer. */
export type Answer = (
  lease: Lease,
  honest: () => { readonly message: Contribution; readonly payload: Float32Array },
) => { readonly message: Contribution; readonly payload?: Float32Array } | undefined;

/** What a worker does otherwise than an honest one. */
export interface Script {
  readonly hello?: Partial<Hello>;
  readonly answer?: Answer;
  /** The address that it comes from, of this machine. */
  readonly localAddress?: string;
  /** Done before it leaves at the run's end. */
  readonly onFinish?: () => Promise<void>;
}

export interface ScriptedWorker {
  readonly messages: readonly CoordinatorMessage[];
  readonly closed: Promise<Closure>;
  readonly connection: Connection;
}

export async function startScriptedWorker(
  address: string,
  name: string,
  { hello = {}, answer = (_lease, honest) => honest(), localAddress, onFinish = () => Promise.resolve() }: Script = {},
): Promise<ScriptedWorker> {
  const messages: CoordinatorMessage[] = [];
  const executables = new Map<string, Executable>();
  let programs: readonly ProgramEntry[] = [];
  let parameters = new Float32Array(0);
  let microbatchSize = 8;
  let close: (closure: Closure) => void = () => {};
  const closed = new Promise<Closure>((resolve) => (close = resolve));

  const compute = (lease: Lease): { readonly message: Contribution; readonly payload: Float32Array } => {
    const executable = executables.get(lease.programSha256);
    if (executable === undefined) throw new Error('Cannot compute: a program has not come');
    executable.load(parameters);
    const payload = sumTree(lease, (index) => {
      const outputs = new Float32Array(executable.outputLength);
      executable.run({ key: lease.key, firstSequence: index * microbatchSize, sequenceCount: microbatchSize }, outputs);
      return outputs;
    });
    const { leaseId, jobId, parametersSha256, begin, end } = lease;
    const payloadSha256 = sha256(bytesOfFloats(payload));
    const about = { leaseId, jobId, parametersSha256, begin, end, finite: true, payloadSha256 };
    return { message: { type: 'contribution', ...about, computeMilliseconds: 1 }, payload };
  };

  const hear = (message: CoordinatorMessage, payload: Bytes, connection: Connection): void => {
    messages.push(message);
    if (message.type === 'welcome') ({ programs, microbatchSize } = message);
    if (message.type === 'program') {
      executables.set(message.sha256, interpreter.compile(parseProgramBytes(payload, defaultLimits)));
    }
    if (message.type === 'parameters') parameters = floatsOfBytes(payload).slice();
    if (message.type === 'finish') void onFinish().then(() => connection.close('normal', 'finished'));
    if (message.type !== 'lease') return;
    const given = answer(message, () => compute(message));
    if (given !== undefined) connection.send(encodeFrame(given.message, given.payload));
  };

  const open = localAddress === undefined ? connect : connectFrom(localAddress);
  const connection = await open(address, (opened) => ({
    onFrame: (frame) => {
      const reader = { sender: 'coordinator', payloadLengths: workerPayloadLengths(programs) } as const;
      const { message, payload } = decodeFrame(frame, reader);
      hear(message, payload, opened);
    },
    onClose: close,
  }));
  connection.send(encodeFrame(helloFrom(name, hello)));
  return { messages, closed, connection };
}

/** Connects from an address of one's choice. */
function connectFrom(localAddress: string): Connect {
  return (address, accept) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(address, { perMessageDeflate: false, localAddress });
      const limits = { remote: address, frameBytes: 1 << 24, bufferedBytes: 1 << 24 };
      socket.once('open', () => resolve(connectionOverWebSocket(socket, limits, accept)));
      socket.on('error', reject);
    });
}
