import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  anyRequest,
  codeThrown,
  filtered,
  freshCall,
  lists,
  madeEntry,
  madeList,
  madeServer,
  madeSnapshot,
} from '../../../test/rig/made.ts';
import { NO_ACCESS_RULES } from '../../model/access.ts';
import type { CacheHint, EntryKind, EntryList, ServerCatalogue } from '../../model/catalogue.ts';
import { NO_IDENTITY } from '../../model/identity.ts';
import type { Span } from '../../model/message.ts';
import { LOCAL_USER } from '../../model/principal.ts';
import { wholeBody } from '../../model/reply.ts';
import type { Revision } from '../../model/revision.ts';
import type { ServerDefinition, Snapshot } from '../../model/snapshot.ts';
import { memberOf } from '../../wire/json/members.ts';
import { Views } from '../policy/view.ts';
import { Catalogues } from '../upstream/catalogues.ts';
import { UNKNOWN_HINT } from '../upstream/freshness.ts';
import { LISTED, listReply } from './list.ts';
import { OLD_CUTS_MAX } from './paging.ts';

function world(
  tools: EntryList,
  servers: readonly ServerDefinition[] = [madeServer('srv')],
  rules: Partial<Snapshot> = {},
) {
  const catalogues = new Catalogues();
  const put = (change: Partial<ServerCatalogue>) => catalogues.put('srv', { state: 'ready', ...change });
  put({ lists: lists({ tools }) });
  const clock = { nowMs: 1_000 };
  const hints: Record<string, CacheHint> = { srv: tools.hint };
  let snapshot = madeSnapshot(servers, rules);
  const reconfigure = () => {
    snapshot = madeSnapshot(servers);
  };
  const views = new Views(() => snapshot, catalogues);
  const list = (
    cursor?: unknown,
    { endpoint = 'srv', revision = '2025-11-25' as Revision, kind = 'tools' as EntryKind } = {},
  ) => {
    const view = views.of(endpoint, LOCAL_USER);
    assert.ok(view);
    const call = freshCall(
      { id: 1, method: 'tools/list', params: cursor === undefined ? {} : { cursor } },
      { revision },
    );
    return String(
      wholeBody(
        listReply(call, view, kind, {
          serverInfo: '{"name":"srv"}',
          nowMs: clock.nowMs,
          hintOf: (name) => hints[name] ?? UNKNOWN_HINT,
          about: anyRequest,
        }).body ?? [],
      ),
    );
  };
  return {
    put,
    reconfigure,
    clock,
    hints,
    catalogues,
    list,
    result: (...said: Parameters<typeof list>) => JSON.parse(list(...said)).result,
  };
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
  test('has other bytes for older clients where these need them, and pages of its own then', () => {
    const plain = many(1_001);
    const odd = madeEntry('tools', { name: 'odd', outputSchema: {} });
    const value = memberOf(odd.bytes, { start: 0, end: odd.bytes.length }, 'outputSchema')?.value as Span;
    const entries = [{ ...odd, older: [{ ...value, put: '{"type":"object"}' }] }, ...plain.entries];
    const { result } = world({ ...plain, entries });
    const [older, newer] = (['2025-11-25', '2026-07-28'] as const).map((revision) => {
      const first = result(undefined, { revision });
      const second = result(first.nextCursor, { revision });
      return { odd: first.tools[0], names: [...names(first), ...names(second)] };
    });
    assert.deepEqual(older?.odd, { name: 'odd', outputSchema: { type: 'object' } });
    assert.deepEqual(newer?.odd, { name: 'odd', outputSchema: {} });
    assert.deepEqual(older.names, newer.names);
    assert.equal(older.names.length, 1_002);
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
  const rows: [string, (stamp: string) => unknown, string][] = [
    ['that is empty is none of ours', () => '', 'cursor_unknown'],
    ['of the first page is none of ours: nobody was given it', (stamp) => `${stamp}.0`, 'cursor_unknown'],
    ['of a page that is not there is unknown', (stamp) => `${stamp}.7`, 'cursor_unknown'],
    ['with other digits is unknown', (stamp) => `${stamp}.01`, 'cursor_unknown'],
    ['with more behind it is unknown', (stamp) => `${stamp}.1.1`, 'cursor_unknown'],
    ['without a page is unknown', (stamp) => stamp, 'cursor_unknown'],
    ['of another list is unknown', (stamp) => `x${stamp}.1`, 'cursor_unknown'],
    ['that is a number is bad params', () => 1, 'params_invalid'],
    ['that is null is bad params', () => null, 'params_invalid'],
  ];
  for (const [what, cursor, code] of rows)
    test(what, () => {
      const { list, result } = world(many(1_001));
      const stamp = String(result().nextCursor).split('.')[0] ?? '';
      assert.equal(names(result(`${stamp}.1`)).length, 1);
      assert.equal(
        codeThrown(() => list(cursor(stamp))),
        code,
      );
    });

  test('leads to the end of the list it was cut from, though the list has changed since', () => {
    const { put, result } = world(many(1_001));
    const { nextCursor } = result();
    put({ lists: lists({ tools: many(1_005) }) });
    assert.deepEqual(names(result(nextCursor)), ['t1000']);
    assert.equal(names(result(result().nextCursor)).length, 5);
    assert.deepEqual(names(result(nextCursor)), ['t1000']);
  });
  test('stays good when only the state or another list of a server changes', () => {
    const { put, result } = world(many(1_001));
    const { nextCursor } = result();
    put({ instructions: 'new' });
    assert.equal(result().nextCursor, nextCursor);
  });
  test('is unknown after the list was read in many other states since', () => {
    const { put, list, result } = world(many(1_001));
    const { nextCursor } = result();
    for (let change = 0; change <= OLD_CUTS_MAX; change++) {
      put({ lists: lists({ tools: many(1_002) }) });
      result();
    }
    assert.equal(
      codeThrown(() => list(nextCursor)),
      'cursor_unknown',
    );
  });
  test('is unknown a minute after the list changed', () => {
    const { put, list, result, clock } = world(many(1_001));
    const { nextCursor } = result();
    clock.nowMs += 600_000;
    assert.equal(result(nextCursor).tools.length, 1);
    put({ lists: lists({ tools: many(1_002) }) });
    result();
    clock.nowMs += 59_999;
    assert.equal(result(nextCursor).tools.length, 1);
    clock.nowMs += 1;
    assert.equal(
      codeThrown(() => list(nextCursor)),
      'cursor_unknown',
    );
  });
  test('is unknown after the configuration changed: what it led to may be forbidden now', () => {
    const { reconfigure, list, result } = world(many(1_001));
    const { nextCursor } = result();
    reconfigure();
    assert.equal(
      codeThrown(() => list(nextCursor)),
      'cursor_unknown',
    );
  });
  test('of one kind of list is none of another', () => {
    const { result, list } = world(many(1_001));
    assert.equal(
      codeThrown(() => list(result().nextCursor, { kind: 'prompts' })),
      'cursor_unknown',
    );
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
      'not at all when one of several servers is missing',
      [madeServer('srv'), madeServer('b')],
      '',
      { ttlMs: 0, cacheScope: 'private' },
    ],
  ];
  for (const [what, servers, endpoint, expected] of rows)
    test(what, () => assert.deepEqual(told(servers, endpoint), expected));

  const token = { name: 'ann', sha256: '', organisation: 'default', user: undefined, roles: [], reach: undefined };
  const policy = {
    ...({ name: 'p', organisation: 'default', priority: 1, effect: 'deny', who: '*', exceptWho: undefined } as const),
    what: { servers: ['srv'], endpoints: undefined, tools: ['b'], prompts: undefined, resources: undefined },
    ...{ exceptWhat: undefined, when: 'request.door == "mcp-http"' },
  };
  const narrowed: [string, Partial<Snapshot>, object, string[]][] = [
    [
      'that it is for this caller where anybody is asked who he is',
      { identity: { ...NO_IDENTITY, tokens: [{ ...token, grants: 'all' }] } },
      { ttlMs: 60_000, cacheScope: 'private' },
      ['a', 'b'],
    ],
    [
      'that it is good for nothing else where the request has a say in it',
      { access: { ...NO_ACCESS_RULES, policies: [policy] } },
      { ttlMs: 0, cacheScope: 'private' },
      ['a'],
    ],
  ];
  for (const [what, rules, expected, listed] of narrowed) {
    test(what, () => {
      const { result } = world(madeList('tools', ['a', 'b'], hint), undefined, rules);
      const { ttlMs, cacheScope, tools } = result(undefined, { revision: '2026-07-28' });
      assert.deepEqual([{ ttlMs, cacheScope }, names({ tools })], [expected, listed]);
    });
  }

  const together: [string, CacheHint | undefined, object][] = [
    ['as long as the one that says least', { ttlMs: 5, scope: 'public' }, { ttlMs: 5, cacheScope: 'public' }],
    [
      'for this caller when one of them says so',
      { ttlMs: 90_000, scope: 'private' },
      { ttlMs: 60_000, cacheScope: 'private' },
    ],
    ['not at all when one of them says nothing', undefined, { ttlMs: 0, cacheScope: 'private' }],
  ];
  for (const [what, other, expected] of together)
    test(`${what}, when it is of several`, () => {
      const { result, catalogues, hints } = world(madeList('tools', ['a'], hint), [madeServer('srv'), madeServer('b')]);
      catalogues.put('b', { state: 'ready', lists: lists({ tools: madeList('tools', ['b']) }) });
      if (other) hints.b = other;
      const { ttlMs, cacheScope } = result(undefined, { endpoint: '', revision: '2026-07-28' });
      assert.deepEqual({ ttlMs, cacheScope }, expected);
    });
  test('on every page for the same callers, and a page of a list that there is another of by now is old', () => {
    const { result, hints, put } = world({ ...many(1_001), hint });
    const newer = { revision: '2026-07-28' } as const;
    const first = result(undefined, newer);
    hints.srv = { ttlMs: 50_000, scope: 'private' };
    const other = result(undefined, newer);
    assert.deepEqual([first.cacheScope, other.cacheScope], ['public', 'private']);
    const said = ({ ttlMs, cacheScope }: Record<string, unknown>) => [ttlMs, cacheScope];
    assert.deepEqual(said(result(first.nextCursor, newer)), [0, 'public']);
    assert.deepEqual(said(result(other.nextCursor, newer)), [50_000, 'private']);
    put({ lists: lists({ tools: many(1_002) }) });
    result(undefined, newer);
    assert.deepEqual(said(result(other.nextCursor, newer)), [0, 'private']);
  });

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

describe('a list of several servers', () => {
  const servers = ['srv', 'b', 'c'].map((name) => madeServer(name));
  const missing = (page: { _meta?: Record<string, unknown> }) => page._meta?.['io.gatewright/missing'];

  test('comes at once with what is there, and says who is missing and in what state, but not where', () => {
    const { catalogues, result } = world(many(1), servers);
    catalogues.put('b', { state: 'down', reason: 'http://10.0.0.7:99/ refused' });
    const page = result(undefined, { endpoint: '' });
    assert.deepEqual(names(page), ['srv__t0']);
    assert.deepEqual(missing(page), [
      { server: 'b', reason: 'down' },
      { server: 'c', reason: 'starting' },
    ]);
    assert.ok(!JSON.stringify(page).includes('10.0.0.7'));
  });
  test('says so on every page, in every revision', () => {
    const { result } = world(many(1_001), servers);
    for (const revision of ['2025-11-25', '2026-07-28'] as const) {
      const first = result(undefined, { endpoint: '', revision });
      const second = result(first.nextCursor, { endpoint: '', revision });
      for (const page of [first, second]) assert.equal((missing(page) as unknown[]).length, 2);
    }
  });
  test('says nothing when nobody is missing: idle servers and remembered lists are there', () => {
    const { catalogues, result } = world(many(1), servers);
    catalogues.put('b', { state: 'idle', lists: lists({ tools: madeList('tools', ['x']) }) });
    catalogues.put('c', {
      state: 'starting',
      revision: '2025-11-25',
      lists: lists({ tools: madeList('tools', ['y']) }),
    });
    const page = result(undefined, { endpoint: '' });
    assert.deepEqual(names(page), ['srv__t0', 'b__x', 'c__y']);
    assert.equal(page._meta, undefined);
  });
  test('has pages of at most 1 MiB, and a thousand entries', () => {
    const { catalogues, list } = world(many(700), servers);
    const entries = many(900).entries.map(({ key }) =>
      madeEntry('tools', { name: key, description: 'x'.repeat(3_000) }),
    );
    catalogues.put('b', { state: 'ready', lists: lists({ tools: { ...many(0), entries } }) });
    catalogues.put('c', { state: 'ready', lists: lists({ tools: many(700) }) });
    const seen: string[] = [];
    for (let cursor: string | undefined, page = 0; page === 0 || cursor !== undefined; page++) {
      const text = list(cursor, { endpoint: '' });
      const { result } = JSON.parse(text);
      assert.ok(Buffer.byteLength(text) <= 1024 * 1024 && result.tools.length <= 1_000);
      seen.push(...names(result));
      cursor = result.nextCursor;
    }
    assert.deepEqual([seen.length, new Set(seen).size, seen[0], seen.at(-1)], [2_300, 2_300, 'srv__t0', 'c__t699']);
  });
});
