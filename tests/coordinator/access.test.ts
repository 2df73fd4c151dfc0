// Who is let in: tokens, what is answered without them, and for whom a connection counts.

import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { accessOf, bearerTokenOf, volunteerTokenOf } from '../../coordinator/shell/access.js';
import { pageAddress, startCoordinator, volunteerAddress, workerAddress } from '../../coordinator/shell/index.js';
import { networkOf, remoteAddressOf } from '../../coordinator/shell/remote-address.js';
import { isExposed } from '../../coordinator/shell/serving.js';
import { policyFor } from '../../coordinator/shell/upgrade-policy.js';
import { readRunSummary } from '../../protocol/index.js';
import { startScriptedWorker } from './scripted-worker.js';
import { smallRun } from './small-run.js';

const token = 'W'.repeat(22);
const administrationToken = 'A'.repeat(22);

function requestWith(headers: IncomingMessage['headers']): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.headers = headers;
  return request;
}

describe('accessOf()', () => {
  test('opens each door to its own token alone', () => {
    const { acceptsWorker, acceptsAdministrator } = accessOf({ token, administrationToken });
    const given = [token, administrationToken, undefined, '', `${token} `, token.slice(1), token.toLowerCase()];
    expect(given.map(acceptsWorker)).toEqual([true, false, false, false, false, false, false]);
    expect(given.map(acceptsAdministrator)).toEqual([false, true, false, false, false, false, false]);
  });

  test('lets in who has the volunteers’ token, as a volunteer', () => {
    const invitation = volunteerTokenOf(token);
    const { acceptsWorker, acceptsAdministrator, isInvitation } = accessOf({ token, administrationToken });
    expect([acceptsWorker, isInvitation, acceptsAdministrator].map((accepts) => accepts(invitation))).toEqual([
      true,
      true,
      false,
    ]);
    expect([token, undefined, '', volunteerTokenOf(administrationToken)].map(isInvitation)).toEqual([false, false, false, false]);
    expect(accessOf({}).isInvitation(undefined)).toBe(false);
    expect(invitation).toMatch(/^[\w-]{43}$/);
  });

  test('opens doors without a token to everyone', () => {
    const { acceptsWorker, acceptsAdministrator } = accessOf({});
    expect([undefined, 'anything'].flatMap((given) => [acceptsWorker(given), acceptsAdministrator(given)])).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });
});

describe('bearerTokenOf()', () => {
  test.each([
    ['Bearer abc', 'abc'],
    ['bearer abc', 'abc'],
    ['Basic abc', undefined],
    ['Bearer ', undefined],
    ['Bearer a b', undefined],
    [undefined, undefined],
  ])('reads %j as %j', (authorization, wanted) => {
    expect(bearerTokenOf(requestWith(authorization === undefined ? {} : { authorization }))).toBe(wanted);
  });
});

describe('a run with tokens', () => {
  test('shows its owner everything, those who may work the run in short, and strangers nothing of either', async () => {
    const people = { operator: 'A. Lab', contact: 'lab@example.org' };
    const coordinator = await startCoordinator(await smallRun({ token, administrationToken, ...people }));
    const base = coordinator.address.replace('ws:', 'http:');
    const ask = async (path: string, bearer?: string): Promise<readonly [number, string]> => {
      const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
      const response = await fetch(`${base}${path}`, { headers });
      return [response.status, await response.text()];
    };
    const worker = await startScriptedWorker(coordinator.address, 'secretly-named', {
      hello: { token },
      answer: () => undefined,
    });
    await expect.poll(() => worker.messages.length).toBeGreaterThan(0);
    const [status, text] = await ask('status', administrationToken);
    expect([status, JSON.parse(text)]).toMatchObject([200, { workers: [{ name: 'secretly-named' }] }]);
    for (const bearer of [undefined, token, 'wrong']) {
      expect((await ask('status', bearer))[0]).toBe(401);
      const [rootStatus, root] = await ask('', bearer);
      expect([rootStatus, /small|step|loss|worker/.test(root)]).toEqual([200, false]);
    }
    expect((await ask('', administrationToken))[1]).toContain('step 0 of 6');
    const [code, summary] = await ask('volunteer/run.json', token);
    expect([code, readRunSummary(JSON.parse(summary))]).toMatchObject([200, { name: 'small/run', ...people }]);
    for (const bearer of [undefined, administrationToken, 'wrong']) {
      expect(await ask('volunteer/run.json', bearer)).toEqual([401, 'null\n']);
    }
    const challenge = (await fetch(`${base}status`)).headers.get('www-authenticate');
    expect(challenge).toBe('Bearer realm="starling"');
    // Machines that watch whether it is up have no token.
    expect(await ask('healthz')).toEqual([200, 'ok\n']);
    await coordinator.stop(0);
  });
});

describe('isExposed()', () => {
  test('is true where others can come: over another address, or through a proxy', () => {
    expect([{}, { host: '127.0.0.2' }, { host: 'localhost' }, { host: '::1' }].map(isExposed)).toEqual([
      false,
      false,
      false,
      false,
    ]);
    const others = [
      { host: '0.0.0.0' },
      { host: '::' },
      { host: '192.168.1.2' },
      { host: '127.0.0.1.example.org' },
      { publicUrl: 'https://starling.example.org/' },
      { isProxyTrusted: true },
    ];
    expect(others.map(isExposed)).toEqual(others.map(() => true));
  });
});

describe('volunteerAddress()', () => {
  const address = 'ws://127.0.0.1:7117/';

  test('is the public one where there is one, with the token behind the #, which no server sees', () => {
    const publicUrl = 'https://starling.example.org/run/';
    expect(volunteerAddress(address, { publicUrl, token: 'a+b&c' })).toEqual({
      address: `https://starling.example.org/run/volunteer/#token=${volunteerTokenOf('a+b&c')}`,
      isLocal: false,
    });
    expect(workerAddress(address, { publicUrl })).toBe('wss://starling.example.org/run/');
    expect(pageAddress(address, { publicUrl }).address).toBe(publicUrl);
  });

  test('says whether others can reach it', () => {
    expect(volunteerAddress(address, {})).toEqual({ address: 'http://127.0.0.1:7117/volunteer/', isLocal: true });
    expect(volunteerAddress('wss://[::1]:7117/', { host: '::1' })).toEqual({
      address: 'https://[::1]:7117/volunteer/',
      isLocal: true,
    });
    const elsewhere = volunteerAddress('ws://192.0.2.7:7117/', { host: '192.0.2.7' });
    expect(elsewhere).toEqual({ address: 'http://192.0.2.7:7117/volunteer/', isLocal: false });
  });
});

describe('policyFor()', () => {
  test('knows the public name, and grants fewer connections to one address where others can come', () => {
    const publicUrl = 'https://starling.example.org:8443/';
    const [alone, proxied] = [policyFor({}), policyFor({ publicUrl, isProxyTrusted: true })];
    expect(alone).toMatchObject({ allowedHosts: ['127.0.0.1', 'localhost', '[::1]'], allowedOrigins: [], isProxyTrusted: false });
    expect(proxied.allowedHosts).toContain('starling.example.org');
    expect(proxied).toMatchObject({ allowedOrigins: ['https://starling.example.org:8443'], isProxyTrusted: true });
    expect(proxied.connectionCountPerAddress).toBeLessThan(alone.connectionCountPerAddress);
  });
});

describe('networkOf()', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('counts %s as %s', (address, wanted) => {
    expect(networkOf(address)).toBe(wanted);
  });
});

describe('remoteAddressOf()', () => {
  test.each([
    ['198.51.100.9', '198.51.100.9'],
    ['203.0.113.1, 198.51.100.9', '198.51.100.9'],
    ['203.0.113.1,2001:db8::1', '2001:db8:0:0::/64'],
    ['198.51.100.9, nonsense', 'unknown'],
    ['198.51.100.9:4000', 'unknown'],
    ['', 'unknown'],
  ])('takes of X-Forwarded-For %j the last hop', (header, wanted) => {
    expect(remoteAddressOf(requestWith({ 'x-forwarded-for': header }), true)).toBe(wanted);
    expect(remoteAddressOf(requestWith({ 'x-forwarded-for': header }), false)).toBe('unknown');
  });
});
