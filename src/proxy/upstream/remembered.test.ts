import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { madeServer } from '../../../test/rig/made.ts';
import { EMPTY_LIST, type EntryList, type ServerCatalogue } from '../../model/catalogue.ts';
import { codecOf } from '../../wire/codecs.ts';
import { entryOf } from './read-lists.ts';
import { definitionKey, fromBytes, toBytes } from './remembered.ts';

const KEY = '0123456789abcdef';

function toolList(texts: readonly string[]): EntryList {
  const entries = texts.map((text) => {
    const bytes = Buffer.from(text);
    const entry = entryOf(bytes, { start: 0, end: bytes.length }, 'tools', codecOf('2026-07-28'));
    if (typeof entry === 'string') throw new Error(entry);
    return entry;
  });
  return {
    entries,
    byKey: new Map(entries.map((entry) => [entry.key, entry])),
    hint: { ttlMs: 5_000, scope: 'public' },
  };
}

function catalogueOf(tools: readonly string[], more: Partial<ServerCatalogue> = {}): ServerCatalogue {
  return {
    ...{ server: 's', version: 3, state: 'ready', reason: '', revision: '2026-07-28', alternate: undefined },
    ...{
      capabilities: { tools: { listChanged: true } },
      serverInfo: '{"name":"n","version":"1","big":12345678901234567890}',
    },
    instructions: 'Say "please".',
    lists: { tools: toolList(tools), prompts: EMPTY_LIST, resources: EMPTY_LIST, templates: EMPTY_LIST },
    ...more,
  };
}

const TOOL =
  '{ "inputSchema":{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A"}}}, "name":"caf\\u00e9",  "n":1e400 }';

test('what a server said comes back as it was, byte for byte', () => {
  const before = catalogueOf([TOOL, '{"name":"b","inputSchema":{}}']);
  const after = fromBytes(toBytes(before, KEY) ?? Buffer.from(''), KEY);
  const { revision, capabilities, serverInfo, instructions, lists } = before;
  assert.deepEqual(after, { revision, capabilities, serverInfo, instructions, lists });
});

test('a server that has said nothing is not remembered', () => {
  assert.equal(toBytes(catalogueOf([], { revision: undefined }), KEY), undefined);
});

test('what was said under another definition is no memory of this one', () => {
  assert.equal(fromBytes(toBytes(catalogueOf([TOOL]), KEY) ?? Buffer.from(''), 'fedcba9876543210'), undefined);
});

test('a file that was cut off or changed anywhere is none, or is whole; it never throws', () => {
  const bytes = toBytes(catalogueOf([TOOL]), KEY) ?? Buffer.from('');
  for (let end = 0; end < bytes.length; end++)
    assert.equal(fromBytes(bytes.subarray(0, end), KEY), undefined, `${end}`);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const changed = Buffer.from(bytes);
      changed[at] = byte;
      const read = fromBytes(changed, KEY);
      for (const { bytes: entry } of read?.lists.tools.entries ?? []) JSON.parse(entry.toString());
      if (read) JSON.parse(read.serverInfo);
    }),
    { numRuns: 500 },
  );
});

test('the key names what is started and where, and no secret', () => {
  const stdio = (change: object) =>
    definitionKey(
      madeServer('s', {
        transport: { kind: 'stdio', command: 'c', args: ['a'], env: { T: 'secret' }, cwd: '/', ...change },
      }),
    );
  const same = stdio({});
  assert.equal(stdio({ env: { T: 'another secret' } }), same);
  for (const change of [{ command: 'd' }, { args: ['b'] }, { args: [] }, { cwd: '/x' }, { env: {} }])
    assert.notEqual(stdio(change), same, JSON.stringify(change));
});
