import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { filtered, lists, madeEntry, madeList, madeServer, madeSnapshot } from '../../../test/rig/made.ts';
import type { EntryKind, ServerState } from '../../model/catalogue.ts';
import { LOCAL_USER } from '../../model/principal.ts';
import type { EndpointDefinition, EndpointTools, Naming, ToolChange } from '../../model/snapshot.ts';
import { Catalogues } from '../upstream/catalogues.ts';
import { publicUri } from './naming.ts';
import { admitUnlisted } from './unlisted.ts';
import { type View, Views } from './view.ts';

type Tools = Readonly<Record<string, readonly string[]>>;

/** An aggregate of servers with these tools, in this order, all of them ready. */
function world(tools: Tools, naming: Naming = 'plain', more: Partial<EndpointDefinition> = {}) {
  const catalogues = new Catalogues();
  const servers = Object.keys(tools);
  for (const server of servers) put(server, tools[server] ?? []);
  function put(server: string, keys: readonly string[], kind: EntryKind = 'tools') {
    catalogues.put(server, { state: 'ready', lists: lists({ [kind]: madeList(kind, keys) }) });
  }
  const endpoint = {
    name: 'set',
    naming,
    separator: '__',
    organisation: 'default',
    scopesSupported: [],
    servers,
    ...more,
  };
  const snapshot = madeSnapshot(
    servers.map((server) => madeServer(server)),
    { endpoints: new Map([['set', endpoint]]) },
  );
  const views = new Views(() => snapshot, catalogues);
  const view = () => views.of('set', LOCAL_USER) as View;
  return { catalogues, put, view, state: (server: string, state: ServerState) => catalogues.put(server, { state }) };
}

const textOf = (view: View, kind: EntryKind = 'tools') => view.lists[kind].chunks.map(({ bytes }) => bytes).join(',');
const namesOf = (view: View) => Array.from(view.lists.tools.names, ([name]) => name);
const listed = (view: View, kind: EntryKind = 'tools') =>
  (JSON.parse(`[${textOf(view, kind)}]`) as { name: string; uri: string }[]).map(({ name, uri }) => name ?? uri);
const ownerOf = (view: View, name: string) => view.lists.tools.names.get(name)?.target.server;
const withheld = (view: View) =>
  view.lists.tools.withheld.map(({ server, key, reason, why }) => `${server} ${key}: ${reason}, ${why}`);

describe('in a plain endpoint', () => {
  test('the first server in order has the name, and the others’ are withheld with a reason', () => {
    const { view } = world({ a: ['read', 'x'], b: ['read', 'y'], c: ['y'] });
    assert.deepEqual(listed(view()), ['read', 'x', 'y']);
    assert.deepEqual([ownerOf(view(), 'read'), ownerOf(view(), 'y')], ['a', 'b']);
    assert.deepEqual(withheld(view()), [
      'b read: name_conflict, a has this name',
      'c y: name_conflict, b has this name',
    ]);
  });
  test('a name does not fall to another server because its owner is down', () => {
    const { view, state } = world({ a: ['read'], b: ['read'] });
    state('a', 'down');
    assert.deepEqual([listed(view()), ownerOf(view(), 'read')], [[], 'a']);
  });
  test('a name falls to the next when its owner no longer has it', () => {
    const { view, put } = world({ a: ['read'], b: ['read'] });
    put('a', []);
    assert.deepEqual([listed(view()), ownerOf(view(), 'read')], [['read'], 'b']);
  });
  const alike = ['READ', 'rеad', 'ｒead', 'read\u200b', 'Ｒｅａｄ'];
  for (const name of alike) {
    test(`${JSON.stringify(name)} is withheld behind another server’s "read", and calls reach only the owner`, () => {
      const { view } = world({ good: ['read'], evil: [name] });
      assert.deepEqual(
        [listed(view()), Array.from(view().lists.tools.names, ([, { target }]) => target.server)],
        [['read'], ['good']],
      );
      assert.deepEqual(withheld(view()), [`evil ${name}: name_conflict, looks like a name of good`]);
      assert.equal(admitUnlisted(view(), 'tools', name), undefined);
    });
  }
  test('one server may have names that look alike: it is nobody else’s', () => {
    assert.deepEqual(listed(world({ a: ['Read', 'read'] }).view()), ['Read', 'read']);
  });
  for (const name of ['good__read', 'Good__read', 'gооd__read', 'g0od__x', 'good___']) {
    test(`"${name}" of another server passes for one of "good", and is withheld`, () => {
      const { view } = world({ evil: [name, 'own'], good: ['read', 'good__read'] });
      assert.deepEqual(listed(view()), ['own', 'read', 'good__read']);
      assert.deepEqual(withheld(view()), [`evil ${name}: name_conflict, passes for a name of good`]);
    });
  }
  test('what looks shortened is no one’s to take: the shortened name of one is not the name of another', () => {
    const { view } = world({ good: ['a.b'] });
    const [shortened] = listed(view());
    const both = world({ evil: [String(shortened)], good: ['a.b'] }).view();
    assert.equal(ownerOf(both, String(shortened)), 'good');
  });
  test('prompts are named as tools are, each kind apart', () => {
    const { view, catalogues } = world({ a: ['x'], b: [] });
    catalogues.put('b', { lists: lists({ prompts: madeList('prompts', ['x']) }) });
    assert.deepEqual([listed(view()), listed(view(), 'prompts')], [['x'], ['x']]);
  });
  test('resources have their server before them, as in every aggregate', () => {
    const { view, put } = world({ a: [], b: [] });
    put('a', ['file:///x', 'ui://x'], 'resources');
    put('b', ['file:///x'], 'resources');
    assert.deepEqual(listed(view(), 'resources'), ['a+file:///x', 'ui://a/x', 'b+file:///x']);
  });
});

describe('in a prefixed endpoint', () => {
  test('nothing of one server reaches into another’s names', () => {
    const { view } = world({ evil: ['good__read', 'READ', 'x'], good: ['read', 'x'] }, 'prefixed');
    assert.deepEqual(withheld(view()), []);
    for (const [name, { target }] of view().lists.tools.names) assert.ok(name.startsWith(`${target.server}__`));
  });
});

describe('in a merged endpoint', () => {
  const servers = { a: ['read'], b: ['read', 'more'], c: ['read'] };
  const target = (view: View) => view.lists.tools.names.get('read')?.target.server;

  test('equal names are one tool, in the words of the first server', () => {
    const { view, catalogues } = world(servers, 'merged');
    const described = {
      ...madeList('tools', []),
      entries: [madeEntry('tools', { name: 'read', description: 'of a' })],
    };
    catalogues.put('a', { lists: lists({ tools: described }) });
    assert.deepEqual(listed(view()), ['read', 'more']);
    assert.ok(textOf(view()).includes('of a'));
    assert.deepEqual(withheld(view()), []);
  });
  const rows: [string, Readonly<Record<string, ServerState>>, string, boolean][] = [
    ['is called at the first that is ready', {}, 'a', true],
    ['is called at the next when the first is down', { a: 'down' }, 'b', true],
    ['is called at an idle one before one that is starting', { a: 'starting', b: 'idle' }, 'b', true],
    ['is called at the first when nobody is there', { a: 'down', b: 'crashed', c: 'stopped' }, 'a', false],
  ];
  for (const [what, states, expected, shown] of rows) {
    test(`a tool of several ${what}`, () => {
      const { view, state } = world(servers, 'merged');
      view();
      for (const [server, to] of Object.entries(states)) state(server, to);
      assert.deepEqual([target(view()), listed(view()).includes('read')], [expected, shown]);
    });
  }
  test('a look-alike is withheld all the same', () => {
    assert.deepEqual(withheld(world({ a: ['read'], b: ['Read'] }, 'merged').view()), [
      'b Read: name_conflict, looks like a name of a',
    ]);
  });
});

describe('what an endpoint says of a tool', () => {
  const changed = (changes: Readonly<Record<string, Partial<ToolChange>>>, filter = {}): EndpointTools => ({
    filter: { allow: undefined, block: [], ...filter },
    changes: new Map(
      Object.entries(changes).map(([address, change]) => [
        address,
        { name: undefined, title: undefined, description: undefined, ...change },
      ]),
    ),
  });

  test('is a name, under which alone it is called', () => {
    const { view } = world({ fs: ['read_text_file', 'write'] }, 'prefixed', {
      tools: changed({ 'fs.read_text_file': { name: 'read' } }),
    });
    assert.deepEqual(listed(view()), ['read', 'fs__write']);
    assert.equal(view().lists.tools.names.get('read')?.target.key, 'read_text_file');
    assert.equal(view().lists.tools.names.get('fs__read_text_file'), undefined);
  });
  test('is a name that wins over what servers call theirs', () => {
    const tools = changed({ 'b.find': { name: 'search' } });
    const { view } = world({ a: ['search', 'x'], b: ['find'] }, 'plain', { tools });
    assert.deepEqual([listed(view()), ownerOf(view(), 'search')], [['x', 'search'], 'b']);
    assert.deepEqual(withheld(view()), ['a search: name_conflict, b has this name']);
  });
  test('is a title and a description, and no other byte is touched', () => {
    const entry = madeEntry('tools', { n: 1.5, description: 'old', name: 'read', x: { name: 'y', description: 'z' } });
    const tools = changed({ 'fs.read': { name: 'r', title: 'Read "it"', description: 'new' } });
    const { view, catalogues } = world({ fs: [] }, 'plain', { tools });
    catalogues.put('fs', { lists: lists({ tools: { ...madeList('tools', []), entries: [entry] } }) });
    assert.equal(
      textOf(view()),
      '{"n":1.5,"description":"new","name":"r","title":"Read \\"it\\"","x":{"name":"y","description":"z"}}',
    );
  });
  test('holds for the only tool of that address', () => {
    const tools = changed({ 'a.read': { description: 'of a' } });
    const { view } = world({ a: ['read'], b: ['read'] }, 'prefixed', { tools });
    assert.equal(textOf(view()), '{"name":"a__read","description":"of a"},{"name":"b__read"}');
  });
  test('does not bring back what a filter withholds', () => {
    const tools = changed({ 'fs.read': { name: 'r' } }, { block: ['fs.read'] });
    const { view } = world({ fs: ['read'] }, 'plain', { tools });
    assert.deepEqual([listed(view()), namesOf(view())], [[], []]);
    assert.deepEqual(withheld(view()), ['fs read: filtered, endpoints.set.tools.block:fs.read']);
  });
  test('is known before its server is, and its server’s own name for it is not', () => {
    const tools = changed({ 'fs.read_text_file': { name: 'read' } });
    const { view, state } = world({ fs: [] }, 'prefixed', { tools });
    state('fs', 'starting');
    const admitted = (name: string) => admitUnlisted(view(), 'tools', name)?.target.key;
    assert.deepEqual(
      [admitted('read'), admitted('fs__read_text_file'), admitted('fs__x')],
      ['read_text_file', undefined, 'x'],
    );
  });
});

describe('a change of one server', () => {
  const many: Tools = Object.fromEntries(
    Array.from({ length: 12 }, (_, at) => [`s${at}`, Array.from({ length: 30 }, (_, tool) => `t${tool}-${at}`)]),
  );
  for (const naming of ['prefixed', 'plain', 'merged'] as const) {
    test(`makes only its own bytes anew (${naming})`, () => {
      const { view, put } = world(many, naming);
      const bytes = () => view().lists.tools.chunks.map((chunk) => chunk.bytes);
      const before = bytes();
      put('s5', ['new']);
      const after = bytes();
      assert.equal(after.length, 12);
      for (const [at, buffer] of after.entries()) assert.equal(buffer === before[at], at !== 5);
    });
  }
  test('leaves the lists that it is not about', () => {
    const { view, catalogues } = world(many);
    const { lists: before } = view();
    catalogues.put('s3', { lists: { ...catalogues.of('s3').lists, prompts: madeList('prompts', ['p']) } });
    assert.equal(view().lists.tools, before.tools);
    assert.notEqual(view().lists.prompts, before.prompts);
  });
  test('that is only its going makes no bytes anew', () => {
    const { view, state } = world(many);
    const before = view().lists.tools.chunks.map((chunk) => chunk.bytes);
    state('s5', 'down');
    assert.deepEqual(view().lists.tools.chunks.length, 11);
    state('s5', 'ready');
    assert.ok(view().lists.tools.chunks.every((chunk, at) => chunk.bytes === before[at]));
  });
});

describe('mapping to an aggregate and back', () => {
  const server = fc.constantFrom('a', 'b', 'a-b', 'good', 'x1', 'xl');
  const units = fc
    .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0xd800, 0xdc00, 0x5f, 0x2b)), { maxLength: 8 })
    .map((codes) => String.fromCharCode(...codes));
  const name = fc.oneof(
    units,
    fc.string({ unit: 'binary', maxLength: 90 }),
    fc.constantFrom(
      'read',
      'Read',
      'rеad',
      'a__read',
      'a_b_77f1ecd1',
      'a.b',
      'x'.repeat(300),
      '__proto__',
      'ui://x',
      '',
    ),
  );
  const naming = fc.constantFrom('prefixed' as const, 'plain' as const, 'merged' as const);
  const tools = fc.dictionary(server, fc.uniqueArray(name, { maxLength: 8 }), { minKeys: 1, noNullPrototype: true });

  test('gives every tool back, or says why it is withheld; no name is two tools’, and each is at most 64 long', () => {
    fc.assert(
      fc.property(tools, naming, (by, how) => {
        const view = world(by, how).view();
        const reached = new Set<string>();
        for (const [key, { target }] of view.lists.tools.names) {
          assert.match(key, /^[A-Za-z0-9_-]{1,64}$/);
          assert.ok(by[target.server]?.includes(target.key));
          reached.add(JSON.stringify([target.server, target.key]));
        }
        assert.equal(reached.size, namesOf(view).length);
        assert.deepEqual(new Set(listed(view)), new Set(namesOf(view)));
        const names = Object.values(by).flat().length;
        if (how === 'prefixed') assert.equal(reached.size, names);
        if (how === 'plain') assert.equal(reached.size + view.lists.tools.withheld.length, names);
      }),
      { numRuns: 300 },
    );
  });
  test('is the same after a restart, and prefixed in whatever order the servers stand', () => {
    const keys = (view: View) =>
      Array.from(view.lists.tools.names, ([key, { target }]) => `${key} ${target.server} ${target.key}`);
    fc.assert(
      fc.property(tools, naming, (by, how) => {
        assert.deepEqual(keys(world(by, how).view()), keys(world(by, how).view()));
        const turned = Object.fromEntries(Object.entries(by).reverse());
        assert.deepEqual(keys(world(by, 'prefixed').view()).sort(), keys(world(turned, 'prefixed').view()).sort());
      }),
    );
  });
  test('gives every resource back, listed or not', () => {
    fc.assert(
      fc.property(naming, server, name, (how, of, uri) => {
        const { view } = world({ a: [], b: [], 'a-b': [], good: [], x1: [], xl: [] }, how);
        const target = admitUnlisted(view(), 'resources', publicUri(how, of, uri))?.target;
        assert.deepEqual([target?.server, target?.key], [of, uri]);
      }),
    );
  });
});

test('an endpoint’s filter and its servers’ filters both hold', () => {
  const catalogues = new Catalogues();
  catalogues.put('fs', { state: 'ready', lists: lists({ tools: madeList('tools', ['read', 'write', 'x']) }) });
  const tools = { filter: { allow: ['fs.read', 'fs.write'], block: [] }, changes: new Map() };
  const endpoint: EndpointDefinition = {
    name: 'set',
    naming: 'plain',
    separator: '__',
    organisation: 'default',
    scopesSupported: [],
    servers: ['fs'],
    tools,
  };
  const snapshot = madeSnapshot([filtered('fs', { block: ['write'] })], { endpoints: new Map([['set', endpoint]]) });
  const view = new Views(() => snapshot, catalogues).of('set', LOCAL_USER) as View;
  assert.deepEqual([listed(view), withheld(view).length], [['read'], 2]);
});
