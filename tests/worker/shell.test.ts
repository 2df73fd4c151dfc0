// A worker's shell with a connection that a test holds, a clock that it turns and a computer that it answers for.

import { describe, expect, it } from 'vitest';
import {
  coordinatorPayloadLengths,
  decodeFrame,
  encodeFrame,
  type Connection,
  type ConnectionHandlers,
  type CoordinatorMessage,
} from '../../protocol/index.js';
import { defaultLimits } from '../../tensor/index.js';
import {
  defaultLeaseLimits,
  defaultWorkerTimes,
  expectedProof,
  WorkerShell,
  type Computer,
  type ComputeResult,
} from '../../worker/index.js';
import { leaseOf, parametersOf, programBytes, programSha256, sha256, sumsOf, welcome } from './conversation.js';
import { TurnedClock } from './scripted-device.js';

/** One side of a connection, as the coordinator sees it. */
class HeldConnection implements Connection {
  readonly remote = 'test';
  readonly bufferedBytes = 0;
  readonly sent: string[] = [];
  closedWith: string | undefined;
  handlers: ConnectionHandlers | undefined;

  send(frame: Uint8Array): void {
    const payloadLengths = coordinatorPayloadLengths(welcome.programs);
    this.sent.push(decodeFrame(Uint8Array.from(frame), { sender: 'worker', payloadLengths }).message.type);
  }

  close(code: string): void {
    this.closedWith = code;
  }

  hear(message: CoordinatorMessage, payload?: Uint8Array | Float32Array): void {
    this.handlers?.onFrame(Uint8Array.from(encodeFrame(message, payload)));
  }

  end(): void {
    this.handlers?.onClose({ code: 'connection-lost', reason: 'test' });
  }
}

function benchOf() {
  const clock = new TurnedClock();
  const done: string[] = [];
  let answer: (result: ComputeResult) => void = () => undefined;
  const computer: Computer = {
    prove: () => Promise.resolve({ proof: expectedProof, arithmetic: 'exact' }),
    loadProgram: () => void done.push('loadProgram'),
    unloadProgram: () => void done.push('unloadProgram'),
    loadParameters: () => void done.push('loadParameters'),
    compute: () => {
      done.push('compute');
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
    cancel: () => void done.push('cancel'),
    close: () => {
      done.push('close');
      return Promise.resolve();
    },
  };
  const states: string[] = [];
  const openings: (() => HeldConnection)[] = [];
  const computed: number[] = [];
  const names = { workerId: '0'.repeat(32), workerName: 'test', software: 'test 1' } as const;
  const shell = new WorkerShell({
    address: 'ws://test/',
    settings: {
      identity: { ...names, kind: 'node', backend: 'wasm', threadCount: 1, proof: expectedProof },
      times: defaultWorkerTimes,
      limits: { program: defaultLimits, ...defaultLeaseLimits },
      sha256,
      random: () => 0,
    },
    computer,
    connect: (_, accept) =>
      new Promise((resolve) => {
        openings.push(() => {
          const connection = new HeldConnection();
          connection.handlers = accept(connection);
          resolve(connection);
          return connection;
        });
      }),
    timers: clock,
    onState: ({ type }) => states.push(type),
    onComputed: (count) => computed.push(count),
  });
  const open = (): HeldConnection => {
    const opening = openings.shift();
    if (opening === undefined) throw new Error('Cannot open: no attempt to connect found');
    return opening();
  };
  return { shell, clock, done, states, computed, open, answer: (result: ComputeResult) => answer(result) };
}

function join(connection: HeldConnection): void {
  connection.hear(welcome);
  connection.hear({ type: 'program', sha256: programSha256 }, programBytes);
  const { values, sha256: digest } = parametersOf(1);
  connection.hear({ type: 'parameters', sha256: digest, step: 1 }, values);
}

/** Lets promises that are settled go on. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

describe('WorkerShell', () => {
  it('joins, computes and contributes, and tells how it is', async () => {
    const { shell, clock, done, states, computed, open, answer } = benchOf();
    clock.turn(0);
    const connection = open();
    expect(connection.sent).toEqual(['hello']);
    join(connection);
    connection.hear(leaseOf(5));
    answer({ type: 'computed', ...sumsOf([3, 4]) });
    await settle();
    expect(connection.sent).toEqual(['hello', 'contribution']);
    expect(done).toEqual(['loadProgram', 'loadParameters', 'compute']);
    expect(computed).toEqual([64]);
    clock.turn(700);
    expect(shell.silenceMilliseconds).toBe(700);
    connection.end();
    expect(shell.silenceMilliseconds).toBe(0);
    expect(states).toEqual(['connecting', 'working', 'waiting']);
  });

  it('closes its computer when it ends, and waits for the last frames, but not for ever', async () => {
    const { shell, clock, done, open } = benchOf();
    clock.turn(0);
    const connection = open();
    join(connection);
    shell.drain();
    expect(connection.sent.at(-1)).toBe('goodbye');
    expect(connection.closedWith).toBe('normal');
    await settle();
    expect(done.at(-1)).toBe('close');
    clock.turn(2500);
    expect(await shell.done).toEqual({ type: 'drained' });
    expect(clock.alarmCount).toBe(0);
  });

  it('closes a connection that opens after its end', async () => {
    const { shell, clock, open } = benchOf();
    clock.turn(0);
    shell.stop();
    expect(await shell.done).toEqual({ type: 'stopped' });
    const connection = open();
    expect(connection.closedWith).toBe('normal');
    expect(connection.sent).toEqual([]);
  });
});
