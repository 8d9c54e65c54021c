import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isLoopback, isPublic, rangeOf } from './addresses.ts';

const byte = fc.integer({ min: 0, max: 255 });
const four = fc.tuple(byte, byte, byte, byte);
const dotted = (bytes: readonly number[]) => bytes.join('.');
const hex = (bytes: readonly number[]) =>
  [0, 2].map((at) => (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16)).join(':');

describe('an address is public', () => {
  test('in no form that wraps an IPv4 address, whichever that is', () => {
    const forms: readonly ((bytes: readonly number[]) => string)[] = [
      (bytes) => `::ffff:${dotted(bytes)}`,
      (bytes) => `::${dotted(bytes)}`,
      (bytes) => `::ffff:0:${dotted(bytes)}`,
      (bytes) => `64:ff9b::${dotted(bytes)}`,
      (bytes) => `64:ff9b:1::${hex(bytes)}`,
      (bytes) => `2002:${hex(bytes)}::1`,
      (bytes) => `2001:0:${hex(bytes)}::1`,
    ];
    fc.assert(fc.property(four, fc.constantFrom(...forms), (bytes, form) => !isPublic(form(bytes))));
  });

  test('in no private, local, shared or reserved range', () => {
    const first = fc.constantFrom(
      ...[[0], [10], [127], [100, 64], [169, 254], [172, 16], [172, 31], [192, 168], [192, 0, 2], [198, 18]],
      ...[[198, 51, 100], [203, 0, 113], [224], [239], [240], [255]],
    );
    fc.assert(fc.property(first, four, (start, rest) => !isPublic(dotted([...start, ...rest].slice(0, 4)))));
  });

  test('outside of what IPv6 gives out, never', () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
    const outside = fc.integer({ min: 0, max: 0xffff }).filter((value) => value >> 13 !== 1);
    const address = fc.tuple(outside, fc.array(group, { minLength: 7, maxLength: 7 }));
    fc.assert(fc.property(address, ([start, rest]) => !isPublic([start.toString(16), ...rest].join(':'))));
  });

  for (const address of ['1.1.1.1', '93.184.215.14', '2606:4700::1111', '2a00:1450:4001::1'])
    test(`when it is like ${address}`, () => assert.ok(isPublic(address)));

  for (const text of [
    '',
    'example.com',
    '1.1.1',
    '1.1.1.1.',
    '[2606:4700::1111]',
    '1.1.1.1/32',
    '1.1.1.1 ',
    '2606:4700::1111%eth-0',
  ])
    test(`only if it is one, not "${text}"`, () => assert.ok(!isPublic(text)));
});

describe('a range', () => {
  const rows: readonly [string, string, boolean][] = [
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.4', false],
    ['0.0.0.0/0', '127.0.0.1', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '127.0.0.1', false],
    ['fd00::/8', 'fdff::1', true],
    ['fd00::/8', 'fe80::1', false],
    ['10.0.0.0/8', 'not an address', false],
  ];
  for (const [range, address, holds] of rows)
    test(`${range} ${holds ? 'holds' : 'does not hold'} ${address}`, () =>
      assert.equal(rangeOf(range)?.(address), holds));

  for (const text of [
    '',
    'example.com',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10/8',
    '*.10.0.0.1',
    'fd00::/129',
  ])
    test(`is not "${text}"`, () => assert.equal(rangeOf(text), undefined));
});

test('the machine itself goes by several names', () => {
  for (const host of ['localhost', 'a.localhost', '127.0.0.1', '127.9.9.9', '::1']) assert.ok(isLoopback(host), host);
  for (const host of ['localhost.test', 'alocalhost', '128.0.0.1', '::2', '10.0.0.1'])
    assert.ok(!isLoopback(host), host);
});
