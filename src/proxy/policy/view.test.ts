import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { filtered, lists, madeEntry, madeList, madeServer, madeSnapshot } from '../../../test/rig/made.ts';
import type { ENTRY_KINDS } from '../../model/catalogue.ts';
import { LOCAL_USER } from '../../model/principal.ts';
import type { ServerDefinition, Snapshot } from '../../model/snapshot.ts';
import { Catalogues } from '../upstream/catalogues.ts';
import { admitUnlisted } from './unlisted.ts';
import { type View, Views } from './view.ts';

/** The views of servers that are ready and have these tools. */
function viewsOf(servers: readonly ServerDefinition[], tools: Readonly<Record<string, readonly string[]>> = {}) {
  const catalogues = new Catalogues();
  for (const [name, keys] of Object.entries(tools)) {
    catalogues.put(name, { state: 'ready', lists: lists({ tools: madeList('tools', keys) }) });
  }
  const state: { snapshot: Snapshot } = { snapshot: madeSnapshot(servers) };
  const views = new Views(() => state.snapshot, catalogues);
  const of = (endpoint: string): View => {
    const view = views.of(endpoint, LOCAL_USER);
    assert.ok(view);
    return view;
  };
  return { catalogues, state, views, of };
}

const namesOf = (view: View) => Array.from(view.lists.tools.names, ([name]) => name);
const listed = (view: View, kind: (typeof ENTRY_KINDS)[number] = 'tools') =>
  (JSON.parse(`[${textOf(view, kind)}]`) as object[]).map((entry) => Object.values(entry)[0]);

const textOf = (view: View, kind: (typeof ENTRY_KINDS)[number] = 'tools') =>
  view.lists[kind].chunks.map(({ bytes }) => bytes.toString()).join(',');

describe('an endpoint of one server', () => {
  test('lists the server’s own names, as the server’s own bytes', () => {
    const { of, catalogues } = viewsOf([madeServer('fs')], { fs: ['read', 'write'] });
    assert.deepEqual(listed(of('fs')), ['read', 'write']);
    assert.equal(
      textOf(of('fs')),
      catalogues
        .of('fs')
        .lists.tools.entries.map(({ bytes }) => bytes)
        .join(','),
    );
  });
  test('neither lists nor knows what the filter withholds', () => {
    const { of } = viewsOf([filtered('fs', { allow: ['read', 'write'], block: ['write'] })], {
      fs: ['read', 'write', 'x'],
    });
    assert.deepEqual(listed(of('fs')), ['read']);
    assert.deepEqual(namesOf(of('fs')), ['read']);
    assert.equal(of('fs').lists.tools.names.get('read')?.decision.rule, 'grants:all');
  });
  test('lists nothing of a server that is down, but still knows its names', () => {
    const { of, catalogues } = viewsOf([madeServer('fs')], { fs: ['read'] });
    catalogues.put('fs', { state: 'down', reason: 'gone' });
    assert.deepEqual(listed(of('fs')), []);
    assert.equal(of('fs').lists.tools.names.get('read')?.target.key, 'read');
  });
});

describe('an endpoint of several servers', () => {
  test('lists them in order, each under its prefix, and leads back to the server’s own name', () => {
    const { of } = viewsOf([madeServer('fs'), madeServer('web')], { web: ['get'], fs: ['read', 'get'] });
    assert.deepEqual(listed(of('')), ['fs__read', 'fs__get', 'web__get']);
    assert.deepEqual(of('').lists.tools.names.get('web__get')?.target, {
      kind: 'tools',
      server: 'web',
      key: 'get',
      headerParams: [],
      outputWrapped: false,
    });
  });
  test('puts in the name and touches no other byte', () => {
    const { of, catalogues } = viewsOf([madeServer('fs')]);
    const entry = madeEntry('tools', { description: 'na"me', name: 'read', n: { name: 'x' } });
    catalogues.put('fs', { state: 'ready', lists: lists({ tools: { ...madeList('tools', []), entries: [entry] } }) });
    assert.equal(textOf(of('')), entry.bytes.toString().replace('"name":"read"', '"name":"fs__read"'));
  });
  test('leaves out a server that was never defined', () => {
    const { of, state } = viewsOf([madeServer('fs')], { fs: ['read'] });
    state.snapshot = {
      ...state.snapshot,
      version: 2,
      endpoints: new Map([
        [
          '',
          {
            name: '',
            naming: 'prefixed',
            separator: '__',
            organisation: 'default',
            scopesSupported: [],
            servers: ['gone', 'fs'],
          },
        ],
      ]),
    };
    assert.deepEqual(listed(of('')), ['fs__read']);
  });
});

test('what is listed can be called, and what can be called by name is listed, whatever the filters', () => {
  const names = ['read', 'read_file', 'write', 'x.y', 'ü'];
  const pattern = fc.constantFrom(...names, '*', 'read*', '*e', 'w*');
  const filter = fc.record({ allow: fc.option(fc.array(pattern), { nil: undefined }), block: fc.array(pattern) });
  fc.assert(
    fc.property(filter, filter, (a, b) => {
      const { of } = viewsOf([filtered('a', a), filtered('b', b)], { a: names, b: names });
      for (const endpoint of ['', 'a', 'b']) {
        const view = of(endpoint);
        assert.deepEqual(listed(view), namesOf(view));
        for (const name of names) {
          const unlisted = admitUnlisted(view, 'tools', endpoint === '' ? `a__${name}` : name);
          assert.equal(unlisted, undefined);
        }
      }
    }),
  );
});

describe('a view', () => {
  test('is made once, and anew when a server of it changes, or what decides about it', () => {
    const { of, catalogues, state } = viewsOf([madeServer('fs')], { fs: ['read'] });
    const first = of('fs');
    assert.equal(of('fs'), first);
    catalogues.put('other', { state: 'down' });
    assert.equal(of('fs'), first);
    catalogues.put('fs', { state: 'down' });
    const second = of('fs');
    assert.notEqual(second, first);
    state.snapshot = { ...state.snapshot, version: 2, people: { ...state.snapshot.people } };
    assert.equal(of('fs'), second, 'people decide nothing here');
    for (const part of ['servers', 'endpoints'] as const) {
      const before = of('fs');
      state.snapshot = { ...state.snapshot, [part]: new Map<string, never>(state.snapshot[part] as never) };
      assert.notEqual(of('fs'), before, part);
    }
    for (const part of ['access', 'overlay'] as const) {
      const before = of('fs');
      state.snapshot = { ...state.snapshot, [part]: { ...state.snapshot[part] } };
      assert.notEqual(of('fs'), before, part);
    }
  });
  test('of an unknown endpoint is none', () => {
    const { views } = viewsOf([madeServer('fs')]);
    for (const endpoint of ['nope', 'FS', '__proto__', 'constructor'])
      assert.equal(views.of(endpoint, LOCAL_USER), undefined);
  });
});

describe('a name that no list has', () => {
  const admitted = (
    state: 'ready' | 'starting' | 'down',
    kind: (typeof ENTRY_KINDS)[number],
    name: string,
    endpoint = '',
  ) => {
    const { of, catalogues } = viewsOf([filtered('fs', { block: ['secret'] })]);
    if (state !== 'starting') catalogues.put('fs', { state });
    return admitUnlisted(of(endpoint), kind, name)?.target.key;
  };
  const rows: [string, Parameters<typeof admitted>, string | undefined][] = [
    ['may be a tool of a server that is still starting', ['starting', 'tools', 'fs__read'], 'read'],
    ['may be a tool of a server that is down', ['down', 'tools', 'fs__read'], 'read'],
    ['is no tool of a server whose list is known', ['ready', 'tools', 'fs__read'], undefined],
    [
      'is no tool that the filter withholds, even while its server starts',
      ['starting', 'tools', 'fs__secret'],
      undefined,
    ],
    ['is nobody’s without a prefix', ['starting', 'tools', 'read'], undefined],
    ['is nobody’s under an unknown prefix', ['starting', 'tools', 'web__read'], undefined],
    ['needs no prefix at the server’s own endpoint', ['starting', 'prompts', 'read', 'fs'], 'read'],
    ['may be a resource, for not all of them are listed', ['ready', 'resources', 'fs+a:b+c'], 'a:b+c'],
    ['may be a template', ['ready', 'templates', 'fs+a:{x}'], 'a:{x}'],
    ['is nobody’s resource under an unknown prefix', ['ready', 'resources', 'web+a:b'], undefined],
  ];
  for (const [what, said, key] of rows) test(what, () => assert.equal(admitted(...said), key));
});

describe('a view that is expected', () => {
  test('has each server’s share made as the server comes, one in a turn, before anybody asks', async () => {
    const servers = ['a', 'b', 'c'].map((name) => madeServer(name));
    const { catalogues, views, of } = viewsOf(servers);
    views.expect();
    const read: string[] = [];
    for (const { name } of servers) {
      const list = madeList('tools', ['x']);
      const watched = { byKey: list.byKey, hint: list.hint, entries: list.entries };
      const get = () => {
        read.push(name);
        return list.entries;
      };
      Object.defineProperty(watched, 'entries', { get });
      catalogues.put(name, { state: 'ready', lists: lists({ tools: watched }) });
    }
    assert.deepEqual(read, []);
    const seen: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(read.length);
    }
    assert.deepEqual(
      [seen, read],
      [
        [1, 2, 3],
        ['a', 'b', 'c'],
      ],
    );
    assert.deepEqual(listed(of('')), ['a__x', 'b__x', 'c__x']);
    assert.equal(read.length, 3);
  });
});
