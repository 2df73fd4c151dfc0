import { describe, expect, it } from 'vitest';
import { canonicalBytes } from '../../tensor/index.js';
import {
  Conversation,
  leaseOf,
  programBytes,
  programSha256,
  sentIn,
  sha256,
  smallProgram,
  tasksIn,
  typesOf,
  welcome,
} from './conversation.js';

const pausesOf = (conversation: Conversation, losses: number): readonly number[] =>
  Array.from({ length: losses }, () => {
    const [effect] = conversation.lose();
    return effect?.type === 'connect' ? effect.afterMilliseconds : NaN;
  });

describe('WorkerCore, joining', () => {
  it('connects at once and says hello with its versions and its proof', () => {
    const conversation = new Conversation();
    expect(conversation.on({ type: 'start' })).toEqual([{ type: 'connect', afterMilliseconds: 0 }]);
    const [hello] = sentIn(conversation.on({ type: 'connected' }));
    expect(hello).toMatchObject({ type: 'hello', protocolVersion: 3, contractVersion: 1, profile: 'strict', threadCount: 2 });
    expect(hello).toMatchObject({ proof: { conformance: 'a'.repeat(64), microbatch: 'b'.repeat(64) } });
  });

  it('closes a connection on which its hello stays unanswered, and tries again', () => {
    const conversation = new Conversation();
    conversation.on({ type: 'start' });
    conversation.on({ type: 'connected' });
    conversation.now += 9_999;
    expect(conversation.on({ type: 'timer' })).toEqual([]);
    conversation.now += 1;
    expect(conversation.on({ type: 'timer' })).toMatchObject([{ type: 'disconnect', code: 'heartbeat-timeout' }]);
    expect(typesOf(conversation.lose())).toEqual(['connect']);
  });

  it('leaves with the code of a run that follows another contract', () => {
    const conversation = new Conversation();
    conversation.on({ type: 'start' });
    conversation.on({ type: 'connected' });
    const effects = conversation.hear({ ...welcome, contractVersion: 2 });
    expect(typesOf(effects)).toEqual(['send', 'disconnect', 'exit']);
    expect(effects[0]).toMatchObject({ message: { type: 'failure', code: 'contract-version' } });
    expect(effects[2]).toMatchObject({ outcome: { type: 'failed', code: 'contract-version' } });
  });

  it('ends with the code of a refusal that is final and comes back after one that passes', () => {
    const final = new Conversation();
    final.on({ type: 'start' });
    final.on({ type: 'connected' });
    const refusal = { type: 'refuse', code: 'proof-failed', message: 'other digests found' } as const;
    expect(final.hear(refusal)).toMatchObject([
      { type: 'disconnect' },
      { type: 'exit', outcome: { type: 'failed', code: 'proof-failed', message: 'other digests found' } },
    ]);
    const passing = new Conversation();
    passing.on({ type: 'start' });
    passing.on({ type: 'connected' });
    expect(typesOf(passing.hear({ ...refusal, code: 'too-many-workers' }))).toEqual(['disconnect']);
    expect(typesOf(passing.lose('normal'))).toEqual(['connect']);
  });
});

describe('WorkerCore, reconnecting', () => {
  it('pauses twice as long each time, up to the longest pause, and anew after a welcome', () => {
    const conversation = new Conversation({ times: { connectMilliseconds: 1e9 } });
    conversation.on({ type: 'start' });
    expect(pausesOf(conversation, 8)).toEqual([250, 500, 1000, 2000, 3000, 3000, 3000, 3000]);
    conversation.on({ type: 'connected' });
    conversation.hear(welcome);
    expect(pausesOf(conversation, 2)).toEqual([250, 500]);
  });

  it('spreads half of each pause by chance', () => {
    const conversation = new Conversation({ chance: 0 });
    conversation.on({ type: 'start' });
    expect(pausesOf(conversation, 2)).toEqual([125, 250]);
  });

  it('gives up a coordinator that it never reached, in one line with a code', () => {
    const conversation = new Conversation({ times: { connectMilliseconds: 2000 } });
    conversation.on({ type: 'start' });
    expect(typesOf(conversation.lose())).toEqual(['connect']);
    conversation.now += 1900;
    const [effect] = conversation.lose();
    expect(effect).toMatchObject({ type: 'exit', outcome: { type: 'failed', code: 'unreachable' } });
    expect(effect?.type === 'exit' && effect.outcome.type === 'failed' && effect.outcome.message).toBe(
      'Cannot reach coordinator: nothing found in 2 s, a connection wanted (last: test)',
    );
  });

  it('never gives up a coordinator that it reached once, unless told so', () => {
    const patient = new Conversation().join();
    const bounded = new Conversation({ times: { reconnectMilliseconds: 60_000 } }).join();
    for (const conversation of [patient, bounded]) {
      conversation.lose();
      conversation.now += 3_600_000;
    }
    expect(typesOf(patient.lose())).toEqual(['connect']);
    expect(typesOf(bounded.lose())).toEqual(['exit']);
  });

  it('knocks again within three seconds, for as long as its coordinator is away', () => {
    const conversation = new Conversation().join();
    const pauses = pausesOf(conversation, 10_000);
    expect(Math.max(...pauses)).toBe(3000);
    // Whatever chance says, the pauses after an outage are the short ones again.
    conversation.join();
    expect(pausesOf(conversation, 1)).toEqual([250]);
  });

  it('ends when it is closed with a final code', () => {
    const [effect] = new Conversation().join().lose('proof-failed');
    expect(effect).toMatchObject({ type: 'exit', outcome: { type: 'failed', code: 'proof-failed' } });
  });

  it('keeps its programs, and unloads those that a new welcome does not name', () => {
    const conversation = new Conversation().join();
    conversation.lose();
    conversation.on({ type: 'connected' });
    expect(conversation.hear(welcome)).toEqual([]);
    expect(conversation.hear({ type: 'program', sha256: programSha256 }, programBytes)).toEqual([]);
    conversation.lose();
    conversation.on({ type: 'connected' });
    const bytes = canonicalBytes(smallProgram(3));
    const other = { role: 'train', sha256: sha256(bytes), byteLength: bytes.length, inputLength: 3, outputLength: 3 } as const;
    expect(conversation.hear({ ...welcome, programs: [other] })).toEqual([{ type: 'unloadProgram', sha256: programSha256 }]);
  });
});

describe('WorkerCore, of a run with several programs of one role', () => {
  const bytes = canonicalBytes(smallProgram(2, 'other'));
  const other = { ...welcome.programs[0]!, sha256: sha256(bytes), byteLength: bytes.length };
  const joined = (): Conversation => new Conversation().join({ ...welcome, programs: [...welcome.programs, other] });

  it('holds the one that came last, and drops leases on the one before', () => {
    const conversation = joined();
    const [running] = tasksIn(conversation.hear(leaseOf(1)));
    expect(running).toMatchObject({ programSha256 });
    conversation.hear(leaseOf(2));
    const effects = conversation.hear({ type: 'program', sha256: other.sha256 }, bytes);
    // Cancelled before its program goes: nothing may fail for the lack of it.
    expect(effects).toMatchObject([
      { type: 'cancelCompute', taskId: running?.taskId },
      { type: 'unloadProgram', sha256: programSha256 },
      { type: 'loadProgram', sha256: other.sha256 },
    ]);
    expect(conversation.on({ type: 'computeCancelled', taskId: running!.taskId })).toEqual([]);
    expect(tasksIn(conversation.hear(leaseOf(3, { programSha256: other.sha256 })))).toMatchObject([
      { programSha256: other.sha256 },
    ]);
    expect(conversation.hear(leaseOf(4))).toMatchObject([{ type: 'disconnect', code: 'out-of-step' }]);
  });

  it('takes one back that it held before, and one that it holds without loading it again', () => {
    const conversation = joined();
    conversation.hear({ type: 'program', sha256: other.sha256 }, bytes);
    expect(conversation.hear({ type: 'program', sha256: other.sha256 }, bytes)).toEqual([]);
    expect(typesOf(conversation.hear({ type: 'program', sha256: programSha256 }, programBytes))).toEqual([
      'unloadProgram',
      'loadProgram',
    ]);
  });

  it('looks at the digest of one that it holds, too', () => {
    const conversation = joined();
    conversation.hear({ type: 'program', sha256: other.sha256 }, bytes);
    expect(conversation.hear({ type: 'program', sha256: other.sha256 }, bytes.with(0, 0)).at(-1)).toMatchObject({
      type: 'exit',
      outcome: { type: 'failed', code: 'payload-digest' },
    });
  });

  it('reads one again that a welcome announces with other lengths', () => {
    const conversation = joined();
    conversation.hear({ type: 'program', sha256: programSha256 }, programBytes);
    conversation.lose();
    conversation.on({ type: 'connected' });
    const programs = welcome.programs.map((entry) => ({ ...entry, inputLength: entry.inputLength + 1 }));
    expect(typesOf(conversation.hear({ ...welcome, programs }))).toContain('unloadProgram');
    expect(conversation.hear({ type: 'program', sha256: programSha256 }, programBytes).at(-1)).toMatchObject({
      type: 'exit',
      outcome: { type: 'failed', code: 'program-rejected' },
    });
  });
});

describe('WorkerCore, checking what comes in', () => {
  const greeted = (programs = welcome.programs): Conversation => {
    const conversation = new Conversation();
    conversation.on({ type: 'start' });
    conversation.on({ type: 'connected' });
    conversation.hear({ ...welcome, programs });
    return conversation;
  };
  const codeOf = (effects: ReturnType<Conversation['hear']>): unknown => {
    const exit = effects.at(-1);
    return exit?.type === 'exit' && exit.outcome.type === 'failed' ? exit.outcome.code : effects;
  };

  it('refuses a frame that cannot be read', () => {
    expect(codeOf(greeted().on({ type: 'frame', frame: new Uint8Array([255, 255, 255, 255, 0]) }))).toBe('malformed-frame');
  });

  it('refuses what comes before the welcome, and a second welcome', () => {
    const early = new Conversation();
    early.on({ type: 'start' });
    early.on({ type: 'connected' });
    expect(codeOf(early.hear(leaseOf(1)))).toBe('unexpected-message');
    expect(codeOf(greeted().hear(welcome))).toBe('unexpected-message');
  });

  it('refuses a program whose bytes do not have the digest', () => {
    const changed = Uint8Array.from(programBytes);
    changed[10] = (changed[10] ?? 0) ^ 1;
    expect(codeOf(greeted().hear({ type: 'program', sha256: programSha256 }, changed))).toBe('payload-digest');
  });

  it('refuses a program that is no program, or not of the announced size', () => {
    const text = Uint8Array.from('{"version":1}', (letter) => letter.charCodeAt(0));
    const invalid = { role: 'train', sha256: sha256(text), byteLength: text.length, inputLength: 2, outputLength: 2 } as const;
    expect(codeOf(greeted([invalid]).hear({ type: 'program', sha256: invalid.sha256 }, text))).toBe('program-rejected');
    const wrong = welcome.programs.map((entry) => ({ ...entry, outputLength: 5 }));
    expect(codeOf(greeted(wrong).hear({ type: 'program', sha256: programSha256 }, programBytes))).toBe('program-rejected');
  });

  it('refuses parameters of another length or digest', () => {
    const message = { type: 'parameters', sha256: sha256(new Uint8Array(8)), step: 0 } as const;
    expect(codeOf(greeted().hear(message, new Float32Array(3)))).toBe('payload-length');
    expect(codeOf(greeted().hear(message, new Float32Array([0, 1])))).toBe('payload-digest');
  });
});
