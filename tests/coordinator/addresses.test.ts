// What volunteers are told to open.

import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { volunteerTokenOf } from '../../coordinator/shell/access.js';
import { volunteerAddress } from '../../coordinator/shell/addresses.js';

test('volunteerAddress() is that of the coordinator, and says whether it leads to this machine alone', () => {
  expect(volunteerAddress('ws://127.0.0.1:7117/', { host: '127.0.0.1' })).toEqual({
    address: 'http://127.0.0.1:7117/volunteer/',
    isLocal: true,
  });
  expect(volunteerAddress('ws://[::1]:7117/', { host: '::1' })).toEqual({
    address: 'http://[::1]:7117/volunteer/',
    isLocal: true,
  });
  expect(volunteerAddress('wss://lab.example:7117/', { host: 'lab.example' })).toEqual({
    address: 'https://lab.example:7117/volunteer/',
    isLocal: false,
  });
});

test('volunteerAddress() is one that others can reach when the coordinator listens everywhere', () => {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const reachable = addresses.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address);
  const { address, isLocal } = volunteerAddress('ws://127.0.0.1:7117/', { host: '0.0.0.0' });
  expect(isLocal).toBe(reachable.length === 0);
  expect([...reachable, '127.0.0.1']).toContain(new URL(address).hostname);
  expect(new URL(address).port).toBe('7117');
});

test('volunteerAddress() is the public one where there is one, with the token in the fragment', () => {
  const options = { host: '0.0.0.0', publicUrl: 'https://starling.example.org/lab/', token: 'a b' };
  expect(volunteerAddress('ws://127.0.0.1:7117/', options)).toEqual({
    address: `https://starling.example.org/lab/volunteer/#token=${volunteerTokenOf('a b')}`,
    isLocal: false,
  });
});
