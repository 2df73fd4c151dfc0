// What a tab keeps until it is closed.

import { describe, expect, test } from 'vitest';
import { recallIdentity, renewIdentity, takeInvitation, type SessionStorage } from '../../browser-worker/page/session.js';

function storage(): SessionStorage {
  const values = new Map<string, string>();
  return { getItem: (key) => values.get(key) ?? null, setItem: (key, value) => void values.set(key, value) };
}

const refusing: SessionStorage = {
  getItem: () => {
    throw new Error('denied');
  },
  setItem: () => {
    throw new Error('denied');
  },
};

let count = 0;
const nextId = (): string => (count += 1).toString(16).padStart(32, '0');

describe('recallIdentity()', () => {
  test('gives the same id for as long as the session is kept', () => {
    const session = storage();
    const first = recallIdentity(session, nextId);
    expect(first.workerId).toMatch(/^[0-9a-f]{32}$/);
    expect(first.name).toBe(`tab-${first.workerId.slice(0, 8)}`);
    expect(recallIdentity(session, nextId)).toEqual(first);
    expect(recallIdentity(storage(), nextId)).not.toEqual(first);
  });

  test('gives another one when it is asked to, and keeps that', () => {
    const session = storage();
    const first = recallIdentity(session, nextId);
    const second = renewIdentity(session, nextId);
    expect(second).not.toEqual(first);
    expect(recallIdentity(session, nextId)).toEqual(second);
  });

  test('gives a new one when what it finds is none, or nothing can be kept', () => {
    const session = storage();
    session.setItem('starling-volunteer', 'someone');
    expect(recallIdentity(session, nextId).workerId).toMatch(/^[0-9a-f]{32}$/);
    expect(recallIdentity(refusing, nextId).workerId).toMatch(/^[0-9a-f]{32}$/);
    expect(recallIdentity(undefined, nextId).workerId).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('takeInvitation()', () => {
  function barAt(hash: string) {
    const replaced: string[] = [];
    return { hash, replaced, replace: (next: string) => void replaced.push(next) };
  }

  test('takes the token out of the address and keeps it for a reload', () => {
    const session = storage();
    const bar = barAt('#token=s3cret+%2B~');
    expect(takeInvitation(session, bar)).toBe('s3cret++~');
    expect(bar.replaced).toEqual(['']);
    const reloaded = barAt('');
    expect(takeInvitation(session, reloaded)).toBe('s3cret++~');
    expect(reloaded.replaced).toEqual([]);
  });

  test('leaves the rest of the fragment alone, and lets a new token replace an old one', () => {
    const session = storage();
    takeInvitation(session, barAt('#token=old'));
    const bar = barAt('#explanation-title&token=new');
    expect(takeInvitation(session, bar)).toBe('new');
    expect(bar.replaced).toEqual(['#explanation-title']);
  });

  test.each(['#token=', '#token=two%20words', `#token=${'x'.repeat(257)}`, '#token=%C3%BC', '#token=%'])(
    'takes no token of %s',
    (hash) => {
      const bar = barAt(hash);
      expect(takeInvitation(storage(), bar)).toBeUndefined();
      expect(bar.replaced).toEqual(['']);
    },
  );

  test('holds the token for this visit when nothing can be kept', () => {
    expect(takeInvitation(refusing, barAt('#token=abc'))).toBe('abc');
    expect(takeInvitation(undefined, barAt(''))).toBeUndefined();
  });
});
