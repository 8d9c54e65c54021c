import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { codeThrown, sentMessage } from '../../../test/rig/made.ts';
import { codecOf } from '../../wire/codecs.ts';
import { checkParamHeaders, headerParamsOf, makeParamHeaders } from './header-params.ts';

const modern = codecOf('2026-07-28');
const found = (inputSchema: unknown) => headerParamsOf(Buffer.from(JSON.stringify({ name: 't', inputSchema })), modern);
const mark = (name: unknown, type: unknown = 'string') => ({ type, 'x-mcp-header': name });
const props = (properties: object) => ({ type: 'object', properties });

describe('the annotated arguments of a tool', () => {
  test('are found at any depth of properties, with lower-case headers', () => {
    assert.deepEqual(
      found(
        props({
          a: mark('Region'),
          b: props({ c: mark('X-1', 'integer'), d: { type: 'string' } }),
          e: mark('e', 'boolean'),
        }),
      ),
      [
        { header: 'mcp-param-region', path: ['a'] },
        { header: 'mcp-param-x-1', path: ['b', 'c'] },
        { header: 'mcp-param-e', path: ['e'] },
      ],
    );
  });
  test('are none where there is no annotation or no schema', () => {
    assert.deepEqual(found(props({ a: { type: 'string' } })), []);
    assert.deepEqual(headerParamsOf(Buffer.from('{"name":"x-mcp-header"}'), modern), []);
  });
  test('are also those of an older server, since newer clients read its lists; but it is free to break the rules', () => {
    const older = (inputSchema: object) =>
      headerParamsOf(Buffer.from(JSON.stringify({ inputSchema })), codecOf('2025-11-25'));
    assert.deepEqual(older(props({ a: mark('A') })), [{ header: 'mcp-param-a', path: ['a'] }]);
    assert.deepEqual(older(props({ a: mark('a b') })), []);
  });
  test('may be called like the annotation itself, and may be mentioned in examples', () => {
    assert.deepEqual(found(props({ 'x-mcp-header': { type: 'string' } })), []);
    assert.deepEqual(found({ ...props({}), examples: [{ 'x-mcp-header': 1 }], default: { 'x-mcp-header': 1 } }), []);
  });
});

describe('a tool is withheld', () => {
  const deep = (levels: number): object => (levels === 0 ? mark('A') : props({ p: deep(levels - 1) }));
  const rows: [string, unknown, RegExp][] = [
    ['when a header is no token', props({ a: mark('a b') }), /token/],
    ['when a header is empty', props({ a: mark('') }), /token/],
    ['when a header would be two', props({ a: mark('a\r\nb') }), /token/],
    ['when a header is no text', props({ a: mark(1) }), /token/],
    ['when two arguments have one header, in any case', props({ a: mark('A'), b: mark('a') }), /twice/],
    ['when an annotated argument is a fraction', props({ a: mark('A', 'number') }), /something else/],
    ['when an annotated argument is an object', props({ a: mark('A', 'object') }), /something else/],
    ['when an annotated argument may be of two types', props({ a: mark('A', ['string', 'null']) }), /something else/],
    ['when the whole schema is annotated', { ...props({}), 'x-mcp-header': 'A' }, /whole schema/],
    ['when items are annotated', props({ a: { type: 'array', items: mark('A') } }), /no path/],
    ['when an alternative is annotated', { ...props({}), anyOf: [props({ a: mark('A') })] }, /no path/],
    ['when a definition is annotated', { ...props({}), $defs: { a: mark('A') } }, /no path/],
    ['when properties are a list', { type: 'object', properties: [mark('A')] }, /no path/],
    ['when an annotation stands deeper than anybody looks', deep(40), /deep/],
  ];
  for (const [what, schema, why] of rows) test(what, () => assert.match(String(found(schema)), why));
});

const PARAMS = [
  { header: 'mcp-param-region', path: ['region'] },
  { header: 'mcp-param-n', path: ['deep', 'n'] },
];
const callWith = (args: unknown) =>
  sentMessage({
    id: 1,
    method: 'tools/call',
    params: { name: 't', ...(args === undefined ? {} : { arguments: args }) },
  });

describe('the headers of a call', () => {
  const rows: [string, unknown, string[], string][] = [
    [
      'agree with the arguments',
      { region: 'eu', deep: { n: 5 } },
      ['mcp-param-n', '5', 'mcp-param-region', 'eu'],
      'nothing',
    ],
    ['agree when coded', { region: 'ü' }, ['mcp-param-region', '=?base64?w7w=?='], 'nothing'],
    ['are missing where the argument is', { deep: {} }, [], 'nothing'],
    ['are missing where the argument is null', { region: null }, [], 'nothing'],
    ['are missing where there are no arguments', undefined, [], 'nothing'],
    ['may be more than the tool asks for', {}, ['mcp-param-other', 'x'], 'nothing'],
    ['may not be missing', { region: 'eu' }, [], 'header_mismatch'],
    ['may not differ', { region: 'eu' }, ['mcp-param-region', 'us'], 'header_mismatch'],
    ['may not say what no argument says', {}, ['mcp-param-region', 'eu'], 'header_mismatch'],
    [
      'may not stand there twice',
      { region: 'eu' },
      ['mcp-param-region', 'eu', 'mcp-param-region', 'eu'],
      'header_mismatch',
    ],
    [
      'may not be taken for a value',
      { region: 'mcp-param-n' },
      ['mcp-param-region', 'mcp-param-n', 'mcp-param-n', 'x'],
      'header_mismatch',
    ],
    ['do not look up the chain of prototypes', { deep: {} }, ['mcp-param-n', 'x'], 'header_mismatch'],
  ];
  for (const [what, args, given, code] of rows) {
    test(what, () =>
      assert.equal(
        codeThrown(() => checkParamHeaders(PARAMS, callWith(args), given)),
        code,
      ),
    );
  }
  test('that we make are those that we would accept', () => {
    const text = fc.string({ unit: 'grapheme' });
    const value = fc.oneof(text, fc.maxSafeInteger(), fc.boolean(), fc.constant(null));
    fc.assert(
      fc.property(
        fc.record({ region: value, deep: fc.record({ n: value }, { requiredKeys: [] }) }, { requiredKeys: [] }),
        (args) => {
          const message = callWith(args);
          checkParamHeaders(PARAMS, message, makeParamHeaders(PARAMS, message));
        },
      ),
    );
  });
});
