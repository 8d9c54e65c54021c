import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  codeThrown,
  filtered,
  freshCall,
  lists,
  madeEntry,
  madeList,
  madeServer,
  madeSnapshot,
} from '../../../test/rig/made.ts';
import type { EntryList, ServerCatalogue } from '../../model/catalogue.ts';
import { LOCAL_USER } from '../../model/principal.ts';
import type { Revision } from '../../model/revision.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';
import { Views } from '../policy/view.ts';
import { Catalogues } from '../upstream/catalogues.ts';
import { LISTED, listReply } from './list.ts';

function world(tools: EntryList, servers: readonly ServerDefinition[] = [madeServer('srv')]) {
  const catalogues = new Catalogues();
  const put = (change: Partial<ServerCatalogue>) => catalogues.put('srv', { state: 'ready', ...change });
  put({ lists: lists({ tools }) });
  const snapshot = madeSnapshot(servers);
  const views = new Views(() => snapshot, catalogues);
  const list = (cursor?: unknown, { endpoint = 'srv', revision = '2025-11-25' as Revision } = {}) => {
    const view = views.of(endpoint, LOCAL_USER);
    assert.ok(view);
    const call = freshCall(
      { id: 1, method: 'tools/list', params: cursor === undefined ? {} : { cursor } },
      { revision },
    );
    return String(listReply(call, view, 'tools', '{"name":"srv"}').body);
  };
  return { put, list, result: (...said: Parameters<typeof list>) => JSON.parse(list(...said)).result };
}

const many = (count: number) =>
  madeList(
    'tools',
    Array.from({ length: count }, (_, at) => `t${at}`),
  );
const names = ({ tools }: { tools: { name: string }[] }) => tools.map(({ name }) => name);

describe('a list', () => {
  test('has the entries as the server wrote them', () => {
    const entry = madeEntry('tools', { name: 'a', n: 1 });
    const odd = { ...entry, bytes: Buffer.from('{"name":"a", "n":12345678901234567890}') };
    const { list } = world({ ...madeList('tools', []), entries: [odd, madeEntry('tools', { name: 'b' })] });
    assert.equal(
      list(),
      '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a", "n":12345678901234567890},{"name":"b"}]}}',
    );
  });
  test('may be empty', () => assert.deepEqual(world(many(0)).result(), { tools: [] }));
  test('of a thousand entries is one page, and of one more it is two', () => {
    assert.equal(world(many(1_000)).result().nextCursor, undefined);
    const { result } = world(many(1_001));
    const first = result();
    const second = result(first.nextCursor);
    assert.deepEqual([first.tools.length, names(second), second.nextCursor], [1_000, ['t1000'], undefined]);
  });
  test('of large entries has them all, none twice, in order', () => {
    const entries = many(30).entries.map((entry) =>
      madeEntry('tools', { name: entry.key, description: 'x'.repeat(100_000) }),
    );
    const { result } = world({ ...many(0), entries });
    const seen: string[] = [];
    for (let cursor: string | undefined, page = 0; page === 0 || cursor !== undefined; page++) {
      const one = result(cursor);
      assert.ok(one.tools.length <= 10);
      seen.push(...names(one));
      cursor = one.nextCursor;
    }
    assert.deepEqual(
      seen,
      entries.map(({ key }) => key),
    );
  });
  test('of one entry larger than a page is one page', () => {
    const entries = [
      madeEntry('tools', { name: 'a', description: 'x'.repeat(2_000_000) }),
      madeEntry('tools', { name: 'b' }),
    ];
    const { result } = world({ ...many(0), entries });
    assert.deepEqual([names(result()), names(result(result().nextCursor))], [['a'], ['b']]);
  });
  test('names each kind’s method', () => {
    assert.deepEqual(
      [...LISTED],
      [
        ['tools/list', 'tools'],
        ['prompts/list', 'prompts'],
        ['resources/list', 'resources'],
        ['resources/templates/list', 'templates'],
      ],
    );
  });
});

describe('a cursor', () => {
  const rows: [string, unknown, string][] = [
    ['that is empty is none of ours', '', 'cursor_unknown'],
    ['of the first page is none of ours: nobody was given it', '1.0', 'cursor_unknown'],
    ['of a page that is not there is unknown', '1.7', 'cursor_unknown'],
    ['with other digits is unknown', '1.01', 'cursor_unknown'],
    ['of another time is unknown', '2.1', 'cursor_unknown'],
    ['that is a number is bad params', 1, 'params_invalid'],
    ['that is null is bad params', null, 'params_invalid'],
  ];
  for (const [what, cursor, code] of rows)
    test(what, () =>
      assert.equal(
        codeThrown(() => world(many(1_001)).list(cursor)),
        code,
      ),
    );

  test('is unknown after the list changed, so that nobody misses an entry', () => {
    const { put, list, result } = world(many(1_001));
    const { nextCursor } = result();
    put({ lists: lists({ tools: many(1_002) }) });
    assert.equal(
      codeThrown(() => list(nextCursor)),
      'cursor_unknown',
    );
    assert.equal(names(result(result().nextCursor)).length, 2);
  });
});

describe('a newer client is told how long the list is good:', () => {
  const hint = { ttlMs: 60_000, scope: 'public' } as const;
  const told = (servers: readonly ServerDefinition[], endpoint: string) => {
    const { ttlMs, cacheScope } = world(madeList('tools', ['a', 'b'], hint), servers).result(undefined, {
      endpoint,
      revision: '2026-07-28',
    });
    return { ttlMs, cacheScope };
  };
  const rows: [string, readonly ServerDefinition[], string, object][] = [
    ['as long as the server says', [madeServer('srv')], 'srv', { ttlMs: 60_000, cacheScope: 'public' }],
    [
      'for this caller only when it was filtered',
      [filtered('srv', { block: ['a'] })],
      'srv',
      { ttlMs: 60_000, cacheScope: 'private' },
    ],
    [
      'not at all when it is of several servers',
      [madeServer('srv'), madeServer('b')],
      '',
      { ttlMs: 0, cacheScope: 'private' },
    ],
  ];
  for (const [what, servers, endpoint, expected] of rows)
    test(what, () => assert.deepEqual(told(servers, endpoint), expected));

  test('and clients of each revision get their own, from the same view', () => {
    const { result } = world(many(1));
    assert.deepEqual(Object.keys(result(undefined, { revision: '2026-07-28' })), [
      'resultType',
      'ttlMs',
      'cacheScope',
      'tools',
      '_meta',
    ]);
    assert.deepEqual(Object.keys(result()), ['tools']);
  });
});
