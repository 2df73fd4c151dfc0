// Workers that compute nothing: a lease is answered a millisecond after it came for each of its microbatches, always with the same
// sums. So leases stay small. Arguments: address, number of connections, and whether they are of browsers or (without it) of Node.js.

import { createHash, randomBytes } from 'node:crypto';
import { connectOverWebSockets } from '../../node-worker/index.js';
import {
  bytesOfFloats,
  contractVersion,
  decodeFrame,
  defaultProtocolLimits,
  encodeFrame,
  numericsProfile,
  protocolVersion,
  workerPayloadLengths,
  type Bytes,
  type Connection,
  type Hello,
  type Lease,
  type ProgramEntry,
} from '../../protocol/index.js';
import { expectedProof } from '../../worker/index.js';

const [address = '', connectionCount = '1', kind = 'node'] = process.argv.slice(2) as [string?, string?, Hello['kind']?];

interface Sums {
  readonly payload: Float32Array;
  readonly payloadSha256: string;
}

const sumsByLength = new Map<number, Sums>();

/** Small gradients, and a loss weight that is not zero: every number is the same. */
function sumsOf(length: number): Sums {
  const known = sumsByLength.get(length);
  if (known !== undefined) return known;
  const payload = new Float32Array(length).fill(0.25);
  const sums = { payload, payloadSha256: createHash('sha256').update(bytesOfFloats(payload)).digest('hex') };
  sumsByLength.set(length, sums);
  return sums;
}

function answer(
  { leaseId, jobId, parametersSha256, begin, end, programSha256 }: Lease,
  programs: readonly ProgramEntry[],
): Bytes {
  const program = programs.find(({ sha256 }) => sha256 === programSha256);
  const { payload, payloadSha256 } = sumsOf(program?.outputLength ?? 0);
  const bound = { leaseId, jobId, parametersSha256, begin, end };
  return encodeFrame({ type: 'contribution', ...bound, finite: true, payloadSha256, computeMilliseconds: 1 }, payload);
}

function greet(connection: Connection): void {
  const identity = { workerId: randomBytes(16).toString('hex'), workerName: 'load', kind, backend: 'wasm' } as const;
  const versions = { protocolVersion, contractVersion, profile: numericsProfile };
  const frame = encodeFrame({
    type: 'hello',
    ...versions,
    ...identity,
    threadCount: 1,
    software: 'benchmark',
    proof: expectedProof,
    arithmetic: 'exact',
  });
  connection.send(frame);
}

const connect = connectOverWebSockets({
  frameBytes: defaultProtocolLimits.frameBytes,
  bufferedBytes: 2 ** 28,
  handshakeMilliseconds: 10_000,
  silenceMilliseconds: 60_000,
});
for (let index = 0; index < Number(connectionCount); index += 1) {
  let programs: readonly ProgramEntry[] = [];
  const connection = await connect(address, (accepted) => ({
    onFrame: (frame) => {
      const { message } = decodeFrame(frame, { sender: 'coordinator', payloadLengths: workerPayloadLengths(programs) });
      if (message.type === 'welcome') programs = message.programs;
      if (message.type !== 'lease') return;
      setTimeout(() => accepted.send(answer(message, programs)), message.end - message.begin);
    },
    onClose: () => process.exit(0),
  }));
  greet(connection);
}
process.send?.('ready');
