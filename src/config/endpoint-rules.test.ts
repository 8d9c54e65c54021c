import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseConfig } from './load.ts';
import { snapshotOf } from './snapshot.ts';

const SERVERS = 'servers: {files: {command: f}, git-hub: {command: g}, off: {command: o, enabled: false}}\n';

const loaded = (endpoints: string) => parseConfig(`${SERVERS}endpoints:\n${endpoints}`, 'g.yaml', {});

const said = (endpoints: string) => {
  const result = loaded(endpoints);
  return result.ok ? [] : result.problems.map(({ field, say, suggestion }) => `${field}: ${say} ${suggestion ?? ''}`);
};

describe('a named endpoint is refused', () => {
  const rows: [string, string, RegExp][] = [
    ['with a name that is none', '  My Set: {}', /^endpoints\["My Set"\]: .*lower-case.* Write "my-set"/],
    [
      'with the name of a server',
      '  files: {}',
      /^endpoints\.files: The server "files" has its own endpoint at \/mcp\/files/,
    ],
    [
      'with an unknown field',
      '  set: {server: [files]}',
      /^endpoints\.set\.server: Unknown field\. Did you mean "servers"/,
    ],
    [
      'with a server that is not there',
      '  set: {servers: [fils]}',
      /^endpoints\.set\.servers\[0\]: There is no such server\. Did you mean "files"/,
    ],
    ['with a server twice', '  set: {servers: [files, files]}', /^endpoints\.set\.servers\[1\]: .*already in the list/],
    ['without any server', '  set: {servers: []}', /^endpoints\.set\.servers: An endpoint needs a server/],
    ['with servers that are no list', '  set: {servers: files}', /^endpoints\.set\.servers: Expected a list/],
    [
      'with a naming that nobody knows',
      '  set: {naming: flat}',
      /^endpoints\.set\.naming: Must be "prefixed" or "plain" or "merged"/,
    ],
    ['with the naming of a server’s own endpoint', '  set: {naming: transparent}', /^endpoints\.set\.naming: Must be/],
    [
      'with a separator that a server’s name may hold',
      '  set: {separator: "-"}',
      /^endpoints\.set\.separator: Must be/,
    ],
    [
      'with a separator and nothing to separate',
      '  set: {naming: plain, separator: ":"}',
      /^endpoints\.set\.separator: Names have no prefix/,
    ],
    [
      'with a tool that lacks its server',
      '  set: {tools: {block: [read]}}',
      /^endpoints\.set\.tools\.block\[0\]: .*server\.tool\. Write "files\.read", or "\*\.read"/,
    ],
    [
      'with a tool of a server that is not there',
      '  set: {tools: {allow: [fils.read]}}',
      /tools\.allow\[0\]: There is no such server.*"files"/,
    ],
    [
      'with a tool of a server that it does not have',
      '  set: {servers: [files], tools: {allow: ["git-hub.*"]}}',
      /tools\.allow\[0\]: There is no such server at this endpoint/,
    ],
    [
      'with a change of a tool without its server',
      '  set: {tools: {change: {read: {name: r}}}}',
      /tools\.change\.read: A tool is named with its server/,
    ],
    [
      'with a change of many tools',
      '  set: {tools: {change: {"files.*": {name: r}}}}',
      /tools\.change.*One tool is changed at a time/,
    ],
    ['with a change of nothing', '  set: {tools: {change: {files.read: {}}}}', /tools\.change.*Nothing is changed/],
    [
      'with a name that models do not take',
      '  set: {tools: {change: {files.read: {name: a.b}}}}',
      /\.name: A tool name has letters/,
    ],
    [
      'with a name that is too long',
      `  set: {tools: {change: {files.read: {name: ${'a'.repeat(65)}}}}}`,
      /\.name: A tool name has letters/,
    ],
    [
      'with one name for two tools',
      '  set: {tools: {change: {files.read: {name: r}, git-hub.get: {name: r}}}}',
      /\.name: "files\.read" has the same name here/,
    ],
    [
      'with a field of another kind',
      '  set: {tools: {change: {files.read: {nmae: r}}}}',
      /nmae: Unknown field\. Did you mean "name"/,
    ],
  ];
  for (const [what, text, expected] of rows) test(what, () => assert.match(said(text).join('\n'), expected));
});

describe('a named endpoint is taken', () => {
  const endpoint = (text: string, name: string) => {
    const result = loaded(text);
    assert.ok(result.ok, JSON.stringify(result));
    return snapshotOf(result.config).endpoints.get(name);
  };
  test('with its servers, tools, names and words', () => {
    const text = `
  research:
    title: Research
    instructions: Read first.
    servers: [git-hub, files]
    naming: plain
    tools:
      allow: ["files.read_*", "*.search", "*"]
      block: [git-hub.delete]
      change:
        files.read_text_file: {name: read, description: Reads a text.}`;
    const set = endpoint(text, 'research');
    assert.deepEqual(set, {
      name: 'research',
      title: 'Research',
      instructions: 'Read first.',
      servers: ['git-hub', 'files'],
      naming: 'plain',
      separator: '__',
      organisation: 'default',
      scopesSupported: [],
      tools: {
        filter: { allow: ['files.read_*', '*.search', '*'], block: ['git-hub.delete'] },
        changes: new Map([['files.read_text_file', { name: 'read', title: undefined, description: 'Reads a text.' }]]),
      },
    });
  });
  test('with all servers when it names none, but for those that are disabled', () => {
    assert.deepEqual(endpoint('  set: {}', 'set')?.servers, ['files', 'git-hub']);
    assert.deepEqual(endpoint('  set: {servers: [off, files]}', 'set')?.servers, ['files']);
  });
  test('as /mcp itself when it is called default, which takes no server’s name away', () => {
    assert.deepEqual(endpoint('  default: {naming: merged, servers: [files]}', '')?.naming, 'merged');
    assert.equal(endpoint('  default: {naming: merged}', 'default'), undefined);
    assert.equal(endpoint('  set: {}', '')?.naming, 'prefixed');
  });
  test('with one name for two tools where equal names are one tool', () => {
    const text = '  set: {naming: merged, tools: {change: {files.read: {name: r}, git-hub.get: {name: r}}}}';
    assert.equal(endpoint(text, 'set')?.tools?.changes.size, 2);
  });
  test('with a separator that is a colon', () => {
    assert.equal(endpoint('  set: {separator: ":"}', 'set')?.separator, ':');
  });
});
