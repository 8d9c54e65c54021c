import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { sentMessage } from '../../../test/rig/made.ts';
import { requestDigest } from './request-digest.ts';

const digest = (params: string, method = 'tools/call') =>
  requestDigest(sentMessage(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`));
const withArguments = (text: string) => digest(`{"name":"x","arguments":${text}}`);

describe('a request is the same', () => {
  const rows: [string, string, string][] = [
    ['in another order of keys', '{"a":1,"b":{"c":2,"d":3}}', '{"b":{"d":3,"c":2},"a":1}'],
    ['with other blanks', '{"a":[1,2]}', '{ "a" :\t[ 1 , 2 ] }'],
    ['with other escapes', '{"a":"é/\\n"}', '{"\\u0061":"\\u00e9\\/\\u000a"}'],
    ['with numbers written otherwise', '{"a":[1,100,0.5,0]}', '{"a":[1.0,1e2,5E-1,-0]}'],
    ['with a number of more digits than a parser keeps', '{"a":0.1}', '{"a":0.10000000000000000001}'],
  ];
  for (const [what, one, other] of rows) test(what, () => assert.equal(withArguments(one), withArguments(other)));

  test('with another _meta, other answers, another state and a field that has no meaning', () => {
    const one = digest('{"name":"x","_meta":{"progressToken":1}}');
    const other = digest('{"requestState":"s","inputResponses":{"q1":{}},"vendor":1,"_meta":{"a":2},"name":"x"}');
    assert.equal(one, other);
  });
});

describe('a request is another', () => {
  const rows: [string, string, string][] = [
    ['with a list in another order', '{"a":[1,2]}', '{"a":[2,1]}'],
    ['with a list in a list', '{"a":[1,2]}', '{"a":[[1,2]]}'],
    ['with an object for a list', '{"a":[]}', '{"a":{}}'],
    ['with text for a number', '{"a":1}', '{"a":"1"}'],
    ['with text for a word', '{"a":null}', '{"a":"null"}'],
    ['with null for nothing', '{"a":null}', '{}'],
    [
      'with an integer that differs where a parser does not see it',
      '{"a":12345678901234567890}',
      '{"a":12345678901234567891}',
    ],
    ['with a key that holds a boundary', '{"a":{"b":1},"c":2}', '{"a":{"b":1,"c":2}}'],
    ['with text that looks like structure', '{"a":"1,","b":2}', '{"a":"1,\\",\\"b\\":2"}'],
  ];
  for (const [what, one, other] of rows) test(what, () => assert.notEqual(withArguments(one), withArguments(other)));

  test('with another method, another name, or a URI for a name', () => {
    const all = [
      digest('{"name":"x"}'),
      digest('{"name":"y"}'),
      digest('{"uri":"x"}'),
      digest('{"name":"x"}', 'prompts/get'),
      digest('{"name":"x","arguments":{}}'),
    ];
    assert.equal(new Set(all).size, all.length);
  });
});

test('a long list counts to its end, whatever blanks stand between', () => {
  const list = (last: string, comma: string) => `[${['"é"', ...Array(40_000).fill('12'), last].join(comma)}]`;
  assert.equal(withArguments(list('1', ',')), withArguments(list('1', ' , ')));
  assert.notEqual(withArguments(list('1', ',')), withArguments(list('2', ',')));
});

test('any arguments, made anew by a usual parser with their keys turned round, are the same; any two that differ are not', () => {
  const json = fc.jsonValue({ maxDepth: 4 });
  const turned = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(turned);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).filter(([key]) => key !== '__proto__');
    return Object.fromEntries(entries.reverse().map(([key, inner]) => [key, turned(inner)]));
  };
  fc.assert(
    fc.property(json, json, (a, b) => {
      const [one, again, other] = [turned(a), turned(turned(a)), turned(b)].map((value) => JSON.stringify({ value }));
      assert.equal(withArguments(one ?? ''), withArguments(again ?? ''));
      const differ = JSON.stringify(sorted(JSON.parse(one ?? ''))) !== JSON.stringify(sorted(JSON.parse(other ?? '')));
      if (differ) assert.notEqual(withArguments(one ?? ''), withArguments(other ?? ''));
    }),
  );
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .map(([key, inner]): [string, unknown] => [key, sorted(inner)])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map((pair) => ({ pair }));
}
