import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeHeaderValue, encodeHeaderValue, headerAgrees } from './headers.ts';

/** Text as UTF-8 can carry it: no half of a surrogate pair. */
const text = fc.string({ unit: 'binary' });
const nearlySentinel = fc
  .tuple(fc.constantFrom('=?base64?', '=?BASE64?', '', '=?'), fc.string(), fc.constantFrom('?=', '', '='))
  .map((parts) => parts.join(''));

test('any text travels in a header field and comes back', () => {
  fc.assert(
    fc.property(fc.oneof(text, nearlySentinel), (value) => {
      const field = encodeHeaderValue(value);
      assert.match(field, /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/);
      assert.equal(decodeHeaderValue(field), value);
      assert.equal(headerAgrees(field, value), true);
    }),
  );
});

test('any integer and boolean agrees with its own field and with no other', () => {
  const value = fc.oneof(fc.maxSafeInteger(), fc.boolean());
  fc.assert(
    fc.property(value, value, (a, b) => {
      assert.equal(headerAgrees(encodeHeaderValue(String(a)), a), true);
      assert.equal(headerAgrees(String(a), b), a === b);
    }),
  );
});

describe('a value is written', () => {
  const rows: [string, string, string][] = [
    ['as it is when it is plain', 'get weather!', 'get weather!'],
    ['in Base64 when it is empty', '', '=?base64??='],
    ['in Base64 when a blank stands at its edge', ' a', '=?base64?IGE=?='],
    ['in Base64 when it is not ASCII', 'ü', '=?base64?w7w=?='],
    ['in Base64 when it has a line end', 'a\r\nb: c', '=?base64?YQ0KYjogYw==?='],
    ['in Base64 when it looks like Base64', '=?base64?YQ==?=', '=?base64?PT9iYXNlNjQ/WVE9PT89?='],
  ];
  for (const [what, value, field] of rows) test(what, () => assert.equal(encodeHeaderValue(value), field));
});

describe('a field stands for', () => {
  const rows: [string, string, string | undefined][] = [
    ['itself when it is plain', 'a', 'a'],
    ['itself when only its beginning looks coded', '=?base64?YQ==', '=?base64?YQ=='],
    ['itself when the marker has capitals', '=?BASE64?YQ==?=', '=?BASE64?YQ==?='],
    ['the text that was coded', '=?base64?YQ==?=', 'a'],
    ['the text with its byte order mark', '=?base64?77u/YQ==?=', '\ufeffa'],
    ['nothing when the padding is missing', '=?base64?YQ?=', undefined],
    ['nothing when spare bits are set', '=?base64?YR==?=', undefined],
    ['nothing when it is not Base64', '=?base64?a b?=', undefined],
    ['nothing when it is not UTF-8', '=?base64?/w==?=', undefined],
  ];
  for (const [what, field, value] of rows) test(what, () => assert.equal(decodeHeaderValue(field), value));
});

describe('a field and an argument', () => {
  const rows: [string, string, string | number | boolean, boolean][] = [
    ['agree on an integer written as a decimal', '5.0', 5, true],
    ['agree on minus zero', '-0', 0, true],
    ['disagree on an integer written with an exponent', '5e0', 5, false],
    ['disagree on an integer with a sign before it', '+5', 5, false],
    ['disagree on an integer with a blank', '5 ', 5, false],
    ['disagree on a fraction', '5.5', 5, false],
    ['disagree on an empty field for zero', '', 0, false],
    ['disagree on hexadecimal digits', '0x5', 5, false],
    ['agree on a coded integer', '=?base64?NQ==?=', 5, true],
    ['agree on a boolean by its word', 'true', true, true],
    ['disagree on a boolean in capitals', 'True', true, false],
    ['disagree on a boolean as a number', '1', true, false],
    ['disagree when the field cannot be read', '=?base64?!?=', '=?base64?!?=', false],
  ];
  for (const [what, field, value, agree] of rows) test(what, () => assert.equal(headerAgrees(field, value), agree));
});
