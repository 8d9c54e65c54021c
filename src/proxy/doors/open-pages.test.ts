import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, test } from 'node:test';
import { madeServer, madeSnapshot } from '../../../test/rig/made.ts';
import type { ServerCatalogue } from '../../model/catalogue.ts';
import { healthOf, isLoopbackListener, isOnLoopback } from './open-pages.ts';

interface Request {
  readonly local?: string;
  readonly remote?: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly url?: string;
}

const OUTSIDE = '203.0.113.9';

describe('who asks is on this machine', () => {
  const rows: readonly (readonly [string, Request, boolean])[] = [
    ['on loopback', {}, true],
    ['on loopback of IPv6', { local: '::1', remote: '::1', host: '[::1]:9000' }, true],
    ['on loopback of IPv4 that IPv6 wraps', { local: '::ffff:127.0.0.1', remote: '::ffff:127.0.0.1' }, true],
    ['by the name of loopback', { host: 'LocalHost' }, true],
    ['not on an address of the network', { local: '10.0.0.1', remote: '10.0.0.1', host: '10.0.0.1:9000' }, false],
    ['not from another machine', { remote: OUTSIDE }, false],
    ['not by a name that clients elsewhere use', { host: 'gw.example' }, false],
    ['not by a name that begins like loopback', { host: 'localhost.evil.test' }, false],
    ['not without a Host', { headers: {} }, false],
    ['not behind a proxy', { headers: { 'x-forwarded-for': OUTSIDE } }, false],
    ['not behind one that writes Forwarded', { headers: { forwarded: 'for=127.0.0.1' } }, false],
    ['not behind one that writes Via', { headers: { via: '1.1 proxy' } }, false],
    ['not when a credential is shown', { headers: { authorization: '' } }, false],
    ['not when a key is shown', { headers: { 'x-api-key': 'k' } }, false],
    ['not when there is a query, which may be a credential', { url: '/metrics?token=x' }, false],
    ['not on a socket without addresses', { local: '', remote: '' }, false],
  ];
  for (const [what, { local = '127.0.0.1', remote = '127.0.0.1', host, headers, url = '/metrics' }, is] of rows) {
    test(what, () => {
      const named = headers && Object.keys(headers).length === 0 ? {} : { host: host ?? '127.0.0.1:9000' };
      const socket = { localAddress: local, remoteAddress: remote };
      const request = { headers: { ...named, ...headers }, socket, url } as unknown as IncomingMessage;
      assert.equal(isOnLoopback(request), is);
    });
  }
});

test('health counts the servers that can be called, and names none', () => {
  const states = { a: 'ready', b: 'idle', c: 'starting', d: 'crashed', e: 'down' };
  const of = (name: string) => ({ state: states[name as keyof typeof states] }) as ServerCatalogue;
  const servers = Object.keys(states).map((name) => madeServer(name));
  assert.deepEqual(healthOf(madeSnapshot(servers), { of }), { total: 5, ready: 2 });
});

test('a listener on loopback is told by the address that a connection came to', () => {
  for (const localAddress of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])
    assert.ok(isLoopbackListener({ localAddress }));
  for (const localAddress of ['10.0.0.1', '::', 'fd00::1', '::ffff:10.0.0.1', '12.7.0.1', '']) {
    assert.ok(!isLoopbackListener({ localAddress }), localAddress);
  }
  assert.ok(!isLoopbackListener({}));
});
