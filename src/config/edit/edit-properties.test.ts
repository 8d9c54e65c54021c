/*
 * Whatever stands in a file: a change of its servers leaves all other bytes, and what is asked is what comes out.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'jsonc-parser';
import { editServers, type ServersPlace, serverEntries } from './edit.ts';

const PLACE: ServersPlace = { syntax: 'json', section: 'mcpServers', shape: 'map' };
const ENTRY = { type: 'http', url: 'http://127.0.0.1:9000/mcp' };

const space = fc.constantFrom('', ' ', '\n', '\r\n  ', '\t', ' // c\n', '/* c } */', '\n  // "x": {,\n  ');
const key = fc.oneof(fc.constantFrom('a', 'b', 'c', 'gatewright', 'mcpservers'), fc.string({ maxLength: 8 }));
const { value } = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('1.0', '1e400', '-0', 'true', 'null', '"\\u0041}"', '"a//b"', '[1 ,2]', '12345678901234567890'),
    fc.string().map((text) => JSON.stringify(text)),
    tie('object'),
  ),
  object: fc
    .tuple(
      fc.uniqueArray(fc.tuple(key, tie('value'), space, space), { selector: ([name]) => name, maxLength: 4 }),
      space,
      fc.boolean(),
    )
    .map(([members, blank, comma]) => objectText(members, blank, comma)),
}));

type Member = readonly [string, string, string, string];

function objectText(members: readonly Member[], blank: string, comma: boolean): string {
  const parts = members.map(
    ([name, text, before, after]) => `${before}${JSON.stringify(name)}${blank}:${text}${after}`,
  );
  return `{${blank}${parts.join(',')}${comma && members.length > 0 ? ',' : ''}${blank}}`;
}

const member = fc.tuple(
  key.filter((name) => name !== 'mcpServers'),
  value,
  space,
  space,
);
const servers = fc
  .tuple(
    fc.uniqueArray(fc.tuple(key, value, space, space), { selector: ([name]) => name, maxLength: 4 }),
    space,
    fc.boolean(),
  )
  .map(([members, blank, comma]) => objectText(members, blank, comma));

test('other members keep every byte; the servers are those that stay and ours', () => {
  const documents = fc.tuple(
    fc.uniqueArray(member, { selector: ([name]) => name, maxLength: 4 }),
    fc.uniqueArray(member, { selector: ([name]) => name, maxLength: 4 }),
    servers,
    fc.boolean(),
  );
  fc.assert(
    fc.property(documents, ([before, after, section, keeps]) => {
      const names = new Set(before.map(([name]) => name));
      const rest = after.filter(([name]) => !names.has(name));
      const text = objectText([...before, ['mcpServers', section, ' ', ''], ...rest], '\n', false);
      const read = serverEntries(text, PLACE);
      assert.ok(read.ok);
      const all = Object.keys(read.value);
      const remove = keeps ? all.filter((_, index) => index % 2 === 0) : all;
      const edited = editServers(text, PLACE, { remove, put: [{ name: 'gatewright', entry: ENTRY }] });
      assert.ok(edited.ok, JSON.stringify(edited));
      const from = text.indexOf(section, text.indexOf('"mcpServers"'));
      assert.ok(edited.text.startsWith(text.slice(0, from)), 'what stands before');
      assert.ok(edited.text.endsWith(text.slice(from + section.length)), 'what stands behind');
      const kept = all.filter((name: string) => !remove.includes(name) && name !== 'gatewright');
      assert.deepEqual(Object.keys(parse(edited.text).mcpServers).sort(), [...kept, 'gatewright'].sort());
    }),
    { numRuns: 500 },
  );
});

test('where there was no section, taking it away again gives the file as it was', () => {
  fc.assert(
    fc.property(fc.uniqueArray(member, { selector: ([name]) => name, maxLength: 4 }), space, (members, blank) => {
      const text = objectText(members, blank, false);
      const edited = editServers(text, PLACE, { remove: [], put: [{ name: 'gatewright', entry: ENTRY }] });
      assert.ok(edited.ok, JSON.stringify(edited));
      const { mcpServers, ...others } = parse(edited.text);
      assert.deepEqual([mcpServers, others], [{ gatewright: ENTRY }, { ...parse(text) }]);
    }),
    { numRuns: 300 },
  );
});

const tomlValue = fc.constantFrom(
  '1',
  '"a]b"',
  "'''\n[mcp_servers.z]\n'''",
  '[1, # ]\n 2]',
  '{ x = "}" }',
  'inf',
  '"""q""""',
);
const tomlTable = fc.tuple(
  fc.constantFrom('tui', 'a.b', '"mcp_servers.q"', 'mcp_servers.a', 'mcp_servers."b"', 'mcp_servers.c'),
  tomlValue,
  fc.constantFrom('', '# c\n', '\n'),
);

test('TOML: tables of others keep every byte', () => {
  const place: ServersPlace = { syntax: 'toml', section: 'mcp_servers', shape: 'map' };
  fc.assert(
    fc.property(fc.uniqueArray(tomlTable, { selector: ([name]) => name }), (tables) => {
      const texts = tables.map(([name, text, before]) => `${before}[${name}]\nk = ${text} # r\n`);
      const edited = editServers(texts.join(''), place, {
        remove: ['a', 'b', 'c'],
        put: [{ name: 'g', entry: ENTRY }],
      });
      assert.ok(edited.ok, JSON.stringify(edited));
      const others = tables.flatMap(([name, text]) =>
        name.startsWith('mcp_servers') ? [] : [`[${name}]\nk = ${text} # r\n`],
      );
      let at = 0;
      for (const other of others) {
        at = edited.text.indexOf(other, at);
        assert.ok(at >= 0, other);
      }
      assert.ok(edited.text.endsWith('[mcp_servers.g]\ntype = "http"\nurl = "http://127.0.0.1:9000/mcp"\n'));
    }),
    { numRuns: 300 },
  );
});
