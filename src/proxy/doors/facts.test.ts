import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, test } from 'node:test';
import { madeSnapshot } from '../../../test/rig/made.ts';
import { NO_ACCESS_RULES } from '../../model/access.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { HttpFacts } from './facts.ts';

function factsOf(headers: Record<string, string | string[]>, peer: string, change: Partial<Snapshot> = {}): HttpFacts {
  const request = { headers, socket: { remoteAddress: peer } } as unknown as IncomingMessage;
  return new HttpFacts(request, madeSnapshot([], change));
}

const OWN = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('the id of a request', () => {
  for (const id of ['a', 'x'.repeat(128), '7f3e-11', 'Root=1-67891233-abc:x/y+z~@']) {
    test(`is the client’s when it is ${id.slice(0, 20)}`, () =>
      assert.equal(factsOf({ 'x-request-id': id }, '').id, id));
  }
  for (const id of ['', ' ', 'a b', 'x'.repeat(129), 'a, b', 'a\tb', '"a"', 'é', 'a\u001b[2J', '<b>', 'a;b', '$(a)']) {
    test(`is made when the client’s is ${JSON.stringify(id.slice(0, 10))}`, () =>
      assert.match(factsOf({ 'x-request-id': id }, '').id, OWN));
  }
  test('is made when there is none, and never twice the same', () => {
    const ids = Array.from({ length: 100 }, () => factsOf({}, '').id);
    assert.equal(new Set(ids).size, 100);
    assert.match(ids[0] ?? '', OWN);
  });
});

describe('the fields that conditions may read', () => {
  const headers = { 'x-team': 'red', authorization: 'Bearer s', cookie: 'c=s', 'x-api-key': 's', 'x-other': 'o' };
  const fields = (names: readonly string[]) =>
    factsOf(headers, '', { access: { ...NO_ACCESS_RULES, headers: names } }).headers;
  test('are those that are named', () => assert.deepEqual({ ...fields(['x-team']) }, { 'x-team': 'red' }));
  test('are none where none is named', () => assert.deepEqual({ ...fields([]) }, {}));
  test('are only those that came', () => assert.deepEqual({ ...fields(['x-none', 'constructor']) }, {}));
  test('are never credentials, even when these are named', () => {
    const names = ['authorization', 'proxy-authorization', 'cookie', 'x-api-key', 'x-team'];
    assert.deepEqual({ ...fields(names) }, { 'x-team': 'red' });
  });
});

describe('the address of the client', () => {
  const trusted = { trustedProxies: ['10.0.0.0/8', '192.0.2.7', '2001:db8:1::/48'] };
  const rows: readonly (readonly [string, Record<string, string>, peer: string, string])[] = [
    ['is the peer’s without proxies', {}, '203.0.113.9', '203.0.113.9'],
    ['is the peer’s, whatever somebody who is no proxy says', { 'x-forwarded-for': '1.1.1.1' }, '8.8.8.8', '8.8.8.8'],
    ['is what the proxy says', { 'x-forwarded-for': '203.0.113.9' }, '10.1.2.3', '203.0.113.9'],
    ['is the right-most one', { 'x-forwarded-for': '6.6.6.6, 203.0.113.9' }, '10.1.2.3', '203.0.113.9'],
    [
      'is behind all trusted proxies',
      { 'x-forwarded-for': '6.6.6.6, 203.0.113.9, 10.9.9.9' },
      '192.0.2.7',
      '203.0.113.9',
    ],
    ['is the left-most one when all are trusted', { 'x-forwarded-for': '10.0.0.1, 10.0.0.2' }, '10.0.0.3', '10.0.0.1'],
    ['is the peer’s when the proxy says nothing', {}, '10.1.2.3', '10.1.2.3'],
    ['is the peer’s for an empty field', { 'x-forwarded-for': '' }, '10.1.2.3', '10.1.2.3'],
    ['is the peer’s for rubbish on the right', { 'x-forwarded-for': '1.1.1.1, rubbish' }, '10.1.2.3', '10.1.2.3'],
    [
      'is found although there is rubbish further left',
      { 'x-forwarded-for': 'rubbish, 1.1.1.1' },
      '10.1.2.3',
      '1.1.1.1',
    ],
    ['is the peer’s for a number', { 'x-forwarded-for': '2130706433' }, '10.1.2.3', '10.1.2.3'],
    ['is the peer’s for a short form', { 'x-forwarded-for': '127.1' }, '10.1.2.3', '10.1.2.3'],
    ['is the peer’s for an octal form', { 'x-forwarded-for': '0177.0.0.1' }, '10.1.2.3', '10.1.2.3'],
    ['is the peer’s for an address with a zone', { 'x-forwarded-for': 'fe80::1%eth0' }, '10.1.2.3', '10.1.2.3'],
    ['may come with a port', { 'x-forwarded-for': '203.0.113.9:4711' }, '10.1.2.3', '203.0.113.9'],
    ['may be one of IPv6', { 'x-forwarded-for': '2001:DB8::9' }, '2001:db8:1::5', '2001:db8::9'],
    ['may be one of IPv6 with a port', { 'x-forwarded-for': '[2001:db8::9]:4711' }, '10.1.2.3', '2001:db8::9'],
    [
      'is written as IPv4 where IPv6 wraps it',
      { 'x-forwarded-for': '::ffff:203.0.113.9' },
      '::ffff:10.1.2.3',
      '203.0.113.9',
    ],
    ['is not trusted because IPv6 wraps it', { 'x-forwarded-for': '1.1.1.1, ::ffff:10.4.4.4' }, '10.1.2.3', '1.1.1.1'],
    ['comes from Forwarded too', { forwarded: 'for=203.0.113.9;proto=https' }, '10.1.2.3', '203.0.113.9'],
    ['is the right-most one of Forwarded', { forwarded: 'for=6.6.6.6, for=203.0.113.9' }, '10.1.2.3', '203.0.113.9'],
    ['may be quoted there', { forwarded: 'For="[2001:db8::9]:4711"' }, '10.1.2.3', '2001:db8::9'],
    ['is not found in a quoted text', { forwarded: 'for=203.0.113.9;by="x, for=6.6.6.6"' }, '10.1.2.3', '203.0.113.9'],
    ['is the peer’s when Forwarded hides it', { forwarded: 'for=_hidden' }, '10.1.2.3', '10.1.2.3'],
    ['is the peer’s when Forwarded does not know it', { forwarded: 'for=unknown' }, '10.1.2.3', '10.1.2.3'],
    ['is the peer’s for two in one element', { forwarded: 'for=1.1.1.1;for=2.2.2.2' }, '10.1.2.3', '10.1.2.3'],
    ['is the peer’s for an element without one', { forwarded: 'for=1.1.1.1, proto=http' }, '10.1.2.3', '10.1.2.3'],
    ['is the peer’s for a Forwarded that cannot be read', { forwarded: 'for=1.1.1.1, "' }, '10.1.2.3', '10.1.2.3'],
    [
      'is what X-Forwarded-For says where there is both',
      { 'x-forwarded-for': '1.1.1.1', forwarded: 'for=6.6.6.6' },
      '10.0.0.1',
      '1.1.1.1',
    ],
    ['is that of nobody on a socket without addresses', { 'x-forwarded-for': '1.1.1.1' }, '', ''],
  ];
  for (const [what, headers, peer, expected] of rows) {
    test(what, () => assert.equal(factsOf(headers, peer, trusted).address, expected));
  }

  test('is the peer’s when a range cannot be read', () => {
    for (const range of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', 'rubbish', '10.0.0/8', '/8', '']) {
      const { address } = factsOf({ 'x-forwarded-for': '1.1.1.1' }, '10.1.2.3', { trustedProxies: [range] });
      assert.equal(address, '10.1.2.3', range);
    }
  });

  test('takes no longer than the field is long', () => {
    for (const forwarded of [`${'for=1.1.1.1,'.repeat(1_000)}"`, `for="${'\\"'.repeat(8_000)}`, ' '.repeat(16_000)]) {
      assert.equal(factsOf({ forwarded }, '10.1.2.3', trusted).address, '10.1.2.3');
    }
  });
});
