import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { codeThrown, heardMessage } from '../../../test/rig/made.ts';
import { parse } from '../../../test/wire/json-oracle.ts';
import type { Span } from '../../model/message.ts';
import type { Naming } from '../../model/snapshot.ts';
import { codecOf } from '../../wire/codecs.ts';
import { splice } from '../../wire/json/splice.ts';
import { resourcesInAnswer } from '../../wire/named-resources.ts';
import { entryOf } from '../upstream/read-lists.ts';
import { type Mapped, orInvalid, toClient, toolEdits, toServer } from './mapped.ts';
import { publicUri } from './naming.ts';

const METHODS = ['tools/call', 'prompts/get', 'resources/read'] as const;
const about = (naming: Naming, server = 'srv'): Mapped => ({
  endpointDefinition: {
    name: '',
    naming,
    separator: '__',
    organisation: 'default',
    scopesSupported: [],
    servers: [server],
  },
  target: { server },
});

/* Values as a server might send them: words of the protocol in every place, right ones and wrong ones. */

const uri = fc.oneof(
  fc.constantFrom('file:///a', 'ui://page', 'ui://srv/page', 'srv+file:///a', 'other+file:///a', '', '+', 'ui://'),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const word = fc.constantFrom('resource_link', 'resource', 'tool_result', 'text', 'sampling/createMessage', 'BIG');
const keys = ['type', 'uri', 'resource', 'content', 'contents', 'messages', '_meta', 'ui', 'text', '__proto__'];
const others = ['resourceUri', 'ui/resourceUri', 'structuredContent', 'inputRequests', 'params', 'method', 'x'];
const { anything } = fc.letrec<{ anything: unknown }>((tie) => ({
  anything: fc.oneof(
    { depthSize: 'small' },
    uri,
    word,
    fc.constantFrom(1, true, null),
    fc.array(tie('anything'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...keys, ...others), tie('anything'), { maxKeys: 5 }),
  ),
}));
const named = fc.record({ uri: fc.oneof({ weight: 4, arbitrary: uri }, anything), x: anything }, { requiredKeys: [] });
const link = fc.oneof(
  named.map((more) => ({ type: 'resource_link', ...more })),
  named.map((resource) => ({ resource, type: 'resource' })),
  anything,
);
const sampledBlock = fc.oneof(
  link,
  fc.array(link, { maxLength: 2 }).map((content) => ({ type: 'tool_result', content })),
);
const said = (block: fc.Arbitrary<unknown>) =>
  fc.record({ role: fc.constant('user'), content: fc.oneof(block, fc.array(block, { maxLength: 3 })) });
const messages = (block: fc.Arbitrary<unknown>) => fc.array(fc.oneof(said(block), anything), { maxLength: 3 });
const sampling = fc.record({
  method: fc.oneof({ weight: 3, arbitrary: fc.constant('sampling/createMessage') }, word),
  params: fc.record({ messages: messages(sampledBlock), x: anything }, { requiredKeys: [] }),
});
const result = fc.record(
  {
    content: fc.oneof({ weight: 3, arbitrary: fc.array(link, { maxLength: 3 }) }, anything),
    contents: fc.oneof({ weight: 3, arbitrary: fc.array(fc.oneof(named, anything), { maxLength: 3 }) }, anything),
    messages: messages(link),
    structuredContent: anything,
    _meta: fc.oneof(fc.record({ ui: fc.record({ resourceUri: uri, x: anything }), 'ui/resourceUri': uri }), anything),
    inputRequests: fc.dictionary(fc.constantFrom('a', 'uri', 'content'), fc.oneof(sampling, anything)),
  },
  { requiredKeys: [] },
);

/** The value as bytes: words of the protocol written with escapes here and there, and numbers no double holds. */
const answer = fc.tuple(result, fc.nat({ max: 6 }), fc.constantFrom(0, 1)).map(([value, seed, indent]) => {
  const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: value }, null, indent);
  const escaped = text.replace(/"([a-zA-Z_]+(?:\/[a-zA-Z]+)?)"(?=[:,}\]\n])/g, (quoted, inner: string, at: number) =>
    inner === 'result' || inner === 'id' || (at + seed) % 5 > 0 ? quoted : `"\\u00${hex(inner)}${inner.slice(1)}"`,
  );
  return Buffer.from(escaped.replaceAll('"BIG"', '12345678901234567890'));
});
const hex = (text: string) => text.charCodeAt(0).toString(16).padStart(2, '0');

/* What the mapping should do, the simple way: parse, walk, change. */

type Change = (uri: string) => string;
type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const has = (value: unknown, key: string): value is Json => isObject(value) && Object.hasOwn(value, key);

function change(value: unknown, path: readonly string[], how: (found: unknown) => unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return how(value);
  if (key === '[]') return Array.isArray(value) ? value.map((item) => change(item, rest, how)) : value;
  if (key === '*') {
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, change(item, rest, how)]));
  }
  if (!has(value, key)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, name === key ? change(item, rest, how) : item]),
  );
}

function expected(parsed: unknown, method: string, to: Change): unknown {
  const string = (found: unknown) => (typeof found === 'string' ? to(found) : found);
  const block = (found: unknown): unknown => {
    if (has(found, 'type') && found.type === 'resource_link') return change(found, ['uri'], string);
    if (has(found, 'type') && found.type === 'resource') return change(found, ['resource', 'uri'], string);
    return found;
  };
  const sampled = (found: unknown): unknown =>
    has(found, 'type') && found.type === 'tool_result' ? change(found, ['content', '[]'], block) : block(found);
  const content = (how: (found: unknown) => unknown) => (found: unknown) =>
    Array.isArray(found) ? found.map(how) : how(found);
  const request = (found: unknown): unknown =>
    has(found, 'method') && found.method === 'sampling/createMessage'
      ? change(found, ['params', 'messages', '[]', 'content'], content(sampled))
      : found;
  let out = parsed;
  if (method === 'tools/call') out = change(out, ['result', 'content', '[]'], block);
  if (method === 'prompts/get') out = change(out, ['result', 'messages', '[]', 'content'], content(block));
  if (method === 'resources/read') out = change(out, ['result', 'contents', '[]', 'uri'], string);
  out = change(out, ['result', '_meta', 'ui', 'resourceUri'], string);
  out = change(out, ['result', '_meta', 'ui/resourceUri'], string);
  return change(out, ['result', 'inputRequests', '*'], request);
}

const outside = (bytes: Buffer, spans: readonly Span[]) =>
  splice(
    bytes,
    spans.map((span) => ({ ...span, put: '<uri>' })),
  ).toString();

describe('the URIs of an answer, in every aggregate,', () => {
  const bytesAnd = [answer, fc.constantFrom(...METHODS), fc.constantFrom('prefixed', 'plain', 'merged')] as const;

  test('are those that a walk over the parsed answer finds', () => {
    let hits = 0;
    fc.assert(
      fc.property(...bytesAnd, (bytes, method, naming) => {
        const message = heardMessage(bytes.toString());
        const edits = toClient(about(naming), message.bytes, () => resourcesInAnswer(message, method));
        hits += edits.length;
        const wanted = expected(parse(bytes.toString()), method, (each) => publicUri(naming, 'srv', each));
        assert.deepEqual(parse(splice(message.bytes, edits).toString()), wanted);
      }),
      { numRuns: 2_000 },
    );
    assert.ok(hits > 1_000, `only ${hits} URIs`);
  });

  test('come back as they were, and no byte beside them has moved', () => {
    fc.assert(
      fc.property(...bytesAnd, (bytes, method, naming) => {
        const message = heardMessage(bytes.toString());
        const spans = resourcesInAnswer(message, method);
        const there = heardMessage(
          splice(
            bytes,
            toClient(about(naming), bytes, () => spans),
          ).toString(),
        );
        const shown = resourcesInAnswer(there, method);
        assert.equal(outside(there.bytes, shown), outside(bytes, spans));
        const back = splice(
          there.bytes,
          toServer(about(naming), there.bytes, () => shown),
        );
        assert.deepEqual(parse(back.toString()), parse(bytes.toString()));
        assert.equal(outside(back, resourcesInAnswer(heardMessage(back.toString()), method)), outside(bytes, spans));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a URI', () => {
  const bytes = (text: string) => Buffer.from(JSON.stringify(text));
  const whole = (buffer: Buffer) => () => [{ start: 0, end: buffer.length }];
  const clients = (text: string) => {
    const json = bytes(text);
    return splice(json, toClient(about('prefixed'), json, whole(json))).toString();
  };
  const servers = (text: string) => {
    const json = bytes(text);
    return splice(json, toServer(about('prefixed'), json, whole(json))).toString();
  };
  test('that looks like another server’s gets the prefix of the one that said it', () => {
    assert.equal(clients('other+file:///a'), '"srv+other+file:///a"');
    assert.equal(clients('ui://other/a'), '"ui://srv/other/a"');
  });
  test('loses the prefix of its server once, and no other prefix', () => {
    assert.equal(servers('srv+srv+file:///a'), '"srv+file:///a"');
    assert.equal(servers('srv+other+file:///a'), '"other+file:///a"');
    assert.equal(servers('ui://srv/srv/a'), '"ui://srv/a"');
    for (const own of ['other+file:///a', 'ui://other/a', 'file:///a', ''])
      assert.equal(servers(own), bytes(own).toString());
  });
  test('is nobody’s business on a server’s own endpoint', () => {
    const never = () => assert.fail('asked for places');
    for (const map of [toClient, toServer]) {
      assert.deepEqual(map(about('transparent'), Buffer.alloc(0), never), []);
      assert.deepEqual(map({ ...about('prefixed'), target: undefined }, Buffer.alloc(0), never), []);
    }
  });
  test('of a tool’s app is mapped with the tool', () => {
    const said = '{"name":"t","_meta":{"ui":{"resourceUri":"ui://a"},"ui/resourceUri":"ui:\\/\\/a"},"n":1.0}';
    const entry = entryOf(Buffer.from(said), { start: 0, end: said.length }, 'tools', codecOf('2025-11-25'));
    if (typeof entry === 'string') assert.fail(entry);
    assert.equal(
      splice(entry.bytes, toolEdits('plain', 'srv', entry)).toString(),
      '{"name":"t","_meta":{"ui":{"resourceUri":"ui://srv/a"},"ui/resourceUri":"ui://srv/a"},"n":1.0}',
    );
    assert.deepEqual(toolEdits('transparent', 'srv', entry), []);
  });
});

test('a server’s message that turns out to be no JSON is its fault, and other faults are not', () => {
  assert.equal(
    codeThrown(() => orInvalid(() => JSON.parse('{'))),
    'upstream_invalid',
  );
  assert.throws(() => orInvalid(() => Buffer.alloc(-1)), RangeError);
});
