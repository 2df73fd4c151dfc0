// What every transport promises (protocol/transport.ts).

import { afterEach, describe, expect, test } from 'vitest';
import type { Accept, Bytes, Connect, Connection, Listener } from '../../protocol/index.js';
import { errorCodes, ProtocolError } from '../../protocol/index.js';
import { Recorder } from './recorder.js';

/** A listener of the transport under test and the way to it. */
export interface OpenTransport {
  readonly listener: Listener;
  readonly connect: Connect;
  /** Frees what the listener itself does not own. */
  dispose(): Promise<void>;
}

/** Opens a transport whose connections accept frames of up to `frameBytes`. */
export type OpenTransportForTest = (accept: Accept, frameBytes: number) => Promise<OpenTransport>;

const largeFrameBytes = 16 * 1024 * 1024;

/** Runs the acceptance tests on one transport. */
export function testTransport(name: string, open: OpenTransportForTest): void {
  describe(`${name} transport`, () => {
    const opened: OpenTransport[] = [];

    afterEach(async () => {
      for (const transport of opened.splice(0)) {
        await transport.listener.close();
        await transport.dispose();
      }
    });

    async function openPair(frameBytes = largeFrameBytes): Promise<Pair> {
      const far = new Recorder();
      const near = new Recorder();
      const recorders = [far];
      const transport = await open((connection) => (recorders.shift() ?? new Recorder()).accept(connection), frameBytes);
      opened.push(transport);
      const connection = await transport.connect(transport.listener.address, near.accept);
      return { transport, near, far, nearConnection: connection, farConnection: await far.opened() };
    }

    test('send() delivers frames whole and in order in both directions', async () => {
      const { near, far, nearConnection, farConnection } = await openPair();
      for (let index = 0; index < 100; index++) {
        nearConnection.send(frameOf(index, index));
        farConnection.send(frameOf(index + 1, index));
      }
      expect(await far.received(100)).toEqual(Array.from({ length: 100 }, (_, index) => frameOf(index, index)));
      expect(await near.received(100)).toEqual(Array.from({ length: 100 }, (_, index) => frameOf(index + 1, index)));
    });

    test('send() delivers a frame of 16 MiB in both directions', async () => {
      const { near, far, nearConnection, farConnection } = await openPair();
      const frame = frameOf(largeFrameBytes, 7);
      nearConnection.send(frame);
      farConnection.send(frame);
      const [[first], [second]] = await Promise.all([far.received(1), near.received(1)]);
      expect(Buffer.compare(first ?? frameOf(0, 0), frame)).toBe(0);
      expect(Buffer.compare(second ?? frameOf(0, 0), frame)).toBe(0);
    });

    test('send() gives the receiver bytes of its own when one frame goes to many', async () => {
      const { near, far, nearConnection, farConnection } = await openPair();
      const frame = frameOf(64, 3);
      nearConnection.send(frame);
      farConnection.send(frame);
      const [received] = await far.received(1);
      received?.fill(0);
      expect((await near.received(1))[0]).toEqual(frameOf(64, 3));
      expect(frame).toEqual(frameOf(64, 3));
    });

    test('send() counts what has not left and forgets it when it has', async () => {
      const { far, nearConnection } = await openPair();
      nearConnection.send(frameOf(largeFrameBytes, 1));
      expect(nearConnection.bufferedBytes).toBeGreaterThan(0);
      await far.received(1);
      nearConnection.send(frameOf(1, 1));
      await far.received(2);
      expect(nearConnection.bufferedBytes).toBe(0);
    });

    test('send() calls no handler before it returns', async () => {
      const { near, far, nearConnection } = await openPair();
      nearConnection.send(frameOf(1, 1));
      nearConnection.close('normal', '');
      expect([far.frames.length, far.closures.length, near.closures.length]).toEqual([0, 0, 0]);
      await near.closed();
    });

    test('close() tells both sides its code and reason when a worker calls it', async () => {
      const { near, far, nearConnection } = await openPair();
      nearConnection.close('compute-failed', 'a thread ended');
      expect(await far.closed()).toEqual({ code: 'compute-failed', reason: 'a thread ended' });
      expect(await near.closed()).toEqual({ code: 'compute-failed', reason: 'a thread ended' });
    });

    test('close() tells both sides its code and reason when a coordinator calls it', async () => {
      const { near, far, farConnection } = await openPair();
      farConnection.close('proof-failed', 'other digests');
      expect(await near.closed()).toEqual({ code: 'proof-failed', reason: 'other digests' });
      expect(await far.closed()).toEqual({ code: 'proof-failed', reason: 'other digests' });
    });

    test.each(['normal', ...errorCodes] as const)('close() carries the code %s', async (code) => {
      const { far, nearConnection } = await openPair();
      nearConnection.close(code, 'why');
      expect(await far.closed()).toEqual({ code, reason: 'why' });
    });

    test('close() makes any reason one printable line of at most 123 bytes', async () => {
      const { far, nearConnection } = await openPair();
      nearConnection.close('internal-error', `two\nlines ${'🦜'.repeat(200)}`);
      const { code, reason } = await far.closed();
      expect(code).toBe('internal-error');
      expect(reason).toMatch(/^two lines (🦜)+$/u);
      expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
    });

    test('close() lets frames arrive that were sent before', async () => {
      const { far, nearConnection } = await openPair();
      for (let index = 0; index < 10; index++) nearConnection.send(frameOf(100_000, index));
      nearConnection.close('normal', 'done');
      await far.closed();
      expect(far.frames.map((frame) => frame[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });

    test('close() ends delivery to the side that called it', async () => {
      const { near, far, nearConnection, farConnection } = await openPair();
      near.onFrame = () => nearConnection.close('normal', 'enough');
      for (let index = 0; index < 5; index++) farConnection.send(frameOf(8, index));
      await far.closed();
      await near.closed();
      expect(near.frames.length).toBe(1);
    });

    test('send() and close() do nothing when the connection has ended', async () => {
      const { near, far, nearConnection, farConnection } = await openPair();
      nearConnection.close('normal', 'first');
      nearConnection.close('internal-error', 'second');
      nearConnection.send(frameOf(8, 1));
      await Promise.all([near.closed(), far.closed()]);
      farConnection.send(frameOf(8, 1));
      farConnection.close('internal-error', 'late');
      nearConnection.send(frameOf(8, 1));
      expect(near.closures).toEqual([{ code: 'normal', reason: 'first' }]);
      expect(far.closures).toEqual([{ code: 'normal', reason: 'first' }]);
      expect([...near.frames, ...far.frames]).toEqual([]);
    });

    test('an oversized frame ends its own connection alone', async () => {
      const { transport, near, far, nearConnection } = await openPair(1024);
      const other = new Recorder();
      const otherConnection = await transport.connect(transport.listener.address, other.accept);
      nearConnection.send(frameOf(1024, 1));
      await far.received(1);
      nearConnection.send(frameOf(1025, 1));
      expect((await near.closed()).code).toBe('frame-too-large');
      expect((await far.closed()).code).toBe('frame-too-large');
      expect(far.frames.length).toBe(1);
      expect(other.closures).toEqual([]);
      otherConnection.close('normal', '');
      const late = new Recorder();
      await transport.connect(transport.listener.address, late.accept);
      expect(late.connection).toBeDefined();
    });

    test('a ProtocolError of onFrame ends the connection with its code', async () => {
      const { near, far, nearConnection } = await openPair();
      far.onFrame = () => {
        throw new ProtocolError('malformed-frame', 'Cannot read frame: found nonsense');
      };
      nearConnection.send(frameOf(8, 1));
      const closure = { code: 'malformed-frame', reason: 'Cannot read frame: found nonsense' };
      expect(await near.closed()).toEqual(closure);
      expect(await far.closed()).toEqual(closure);
    });

    test('Listener.close() ends its connections as shutting-down and frees the address', async () => {
      const { transport, near, far } = await openPair();
      const { address } = transport.listener;
      const closing = transport.listener.close();
      expect((await near.closed()).code).toBe('shutting-down');
      expect((await far.closed()).code).toBe('shutting-down');
      await closing;
      await transport.dispose();
      await expect(transport.connect(address, new Recorder().accept)).rejects.toMatchObject({
        name: 'ProtocolError',
        code: 'unreachable',
      });
    });
  });
}

interface Pair {
  readonly transport: OpenTransport;
  readonly near: Recorder;
  readonly far: Recorder;
  readonly nearConnection: Connection;
  readonly farConnection: Connection;
}

function frameOf(byteCount: number, value: number): Bytes {
  return new Uint8Array(byteCount).fill(value);
}
