import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codeRejected, heardMessage, limitsWith } from '../../../test/rig/made.ts';
import type { EntryKind } from '../../model/catalogue.ts';
import type { Revision } from '../../model/revision.ts';
import { codecOf } from '../../wire/codecs.ts';
import type { Link } from './link.ts';
import { readList } from './read-lists.ts';

type Page = object | string | ((cursor: unknown) => object);

/** A server that gives these pages one after the other, and what was asked and noted. */
function serverOf(
  pages: readonly Page[],
  declares: object = { tools: {}, prompts: {}, resources: {} },
  revision: Revision = '2026-07-28',
) {
  const asked: unknown[] = [];
  const noted: string[] = [];
  const link = {
    handshake: { capabilities: declares },
    codec: codecOf(revision),
    options: { events: { onLimit: (limit: string) => noted.push(limit) } },
    request: async (_method: string, params: { cursor?: unknown }) => {
      const page = pages[Math.min(asked.length, pages.length - 1)] ?? {};
      asked.push(params.cursor);
      if (typeof page === 'string') return heardMessage(`{"jsonrpc":"2.0","id":1,"result":${page}}`);
      const said = typeof page === 'function' ? page(params.cursor) : page;
      return heardMessage({ id: 1, ...('error' in said ? said : { result: said }) });
    },
  } as unknown as Link;
  const read = (kind: EntryKind = 'tools', limits = {}) =>
    readList(link, kind, limitsWith(limits), (what, internal) =>
      noted.push(`${what}: ${internal.why ?? internal.stop ?? ''}`),
    );
  return { read, asked, noted };
}

const tools = (...names: string[]) => names.map((name) => ({ name, inputSchema: {} }));
const keys = (list: Awaited<ReturnType<ReturnType<typeof serverOf>['read']>>) => list.entries.map(({ key }) => key);

describe('a list', () => {
  test('is read to the last page; an empty cursor is a cursor like any other', async () => {
    const { read, asked } = serverOf([
      { tools: tools('a'), nextCursor: '' },
      { tools: tools('b'), nextCursor: '2' },
      { tools: tools('c') },
    ]);
    const list = await read();
    assert.deepEqual(keys(list), ['a', 'b', 'c']);
    assert.deepEqual(asked, [undefined, '', '2']);
    assert.equal(list.byKey.get('b')?.bytes.toString(), '{"name":"b","inputSchema":{}}');
  });
  test('of a newer server says which tools older clients read otherwise, an older server has none', async () => {
    const tools = ['array', 'object'].map((type) => ({ name: type, outputSchema: { type } }));
    const asked = async (revision: Revision) => (await serverOf([{ tools }], { tools: {} }, revision).read()).entries;
    const [array, object] = await asked('2026-07-28');
    assert.deepEqual([array?.outputWrapped, array?.older.length], [true, 1]);
    assert.deepEqual([object?.outputWrapped, object?.older.length], [false, 0]);
    const ofOlder = await asked('2025-11-25');
    assert.deepEqual(
      ofOlder.map(({ outputWrapped, older }) => [outputWrapped, older]),
      [
        [false, []],
        [false, []],
      ],
    );
  });
  test('ends where the cursor is no text', async () => {
    for (const nextCursor of [null, 5])
      assert.deepEqual(keys(await serverOf([{ tools: tools('a'), nextCursor }]).read()), ['a']);
  });
  test('that goes in circles is cut short', async () => {
    const { read, asked, noted } = serverOf([
      (cursor) => ({ tools: tools(`t${cursor}`), nextCursor: cursor === 'x' ? 'y' : 'x' }),
    ]);
    assert.deepEqual(keys(await read()), ['tundefined', 'tx', 'ty']);
    assert.deepEqual([asked.length, noted], [3, ['list cut short: repeated cursor']]);
  });
  test('with one page more than the limit is cut short', async () => {
    let page = 0;
    const { read, asked, noted } = serverOf([() => ({ tools: [], nextCursor: String(page++) })]);
    await read('tools', { listPagesMax: 3 });
    assert.deepEqual([asked.length, noted], [3, ['listPagesMax', 'list cut short: listPagesMax']]);
  });
  test('with as many entries as the limit is whole, and with one more is cut short', async () => {
    const whole = serverOf([{ tools: tools('a', 'b') }]);
    assert.deepEqual([keys(await whole.read('tools', { listEntriesMax: 2 })), whole.noted], [['a', 'b'], []]);
    const more = serverOf([{ tools: tools('a', 'b', 'c') }]);
    assert.deepEqual(keys(await more.read('tools', { listEntriesMax: 2 })), ['a', 'b']);
    assert.deepEqual(more.noted, ['listEntriesMax', 'list cut short: listEntriesMax']);
  });
  test('of a kind that the server does not declare is empty and never asked for', async () => {
    const { read, asked } = serverOf([{ prompts: [] }], { tools: {} });
    assert.deepEqual([(await read('prompts')).entries, asked], [[], []]);
  });
  test('that the server declares and does not know is empty', async () => {
    const { read, noted } = serverOf([{ error: { code: -32601, message: 'm' } }]);
    assert.deepEqual([keys(await read('templates')), noted], [[], ['list refused: ']]);
  });
  test('that the server refuses for another reason cannot be read', async () => {
    assert.equal(await codeRejected(serverOf([{ error: { code: -1, message: 'm' } }]).read()), 'upstream_refused');
  });
  test('that is no list is empty', async () => {
    for (const given of [{}, { tools: null }, { tools: {} }])
      assert.deepEqual(keys(await serverOf([given]).read()), []);
  });
  test('of templates is known by what stands in their place', async () => {
    const { read } = serverOf([{ resourceTemplates: [{ uriTemplate: 'a:{x}', name: 'n' }] }]);
    assert.deepEqual(keys(await read('templates')), ['a:{x}']);
  });
});

describe('an entry is withheld, and the others are there,', () => {
  const rows: [string, string, string][] = [
    ['when it is no object', '"b"', 'not an object'],
    ['when it has no name', '{"title":"b"}', 'without one name'],
    ['when its name is no text', '{"name":5}', 'without one name'],
    ['when it has two names: others may read the second', '{"name":"b","name":"other__tool"}', 'without one name'],
    ['when it has a second name in disguise', '{"name":"b","n\\u0061me":"c"}', 'without one name'],
    ['when another has its name', '{"name":"a"}', 'same name twice'],
    ['when its name has a bad escape', '{"name":"\\x"}', 'not JSON'],
    ['when it holds what is no JSON and would spoil every list', '{"name":"b","n":nope}', 'not JSON'],
    ['when text in it has a bad escape', '{"name":"b","description":"\\x"}', 'not JSON'],
    ['when text in it runs over a line', '{"name":"b","description":"\n"}', 'not JSON'],
    [
      'when its annotated headers break the rules',
      '{"name":"b","inputSchema":{"properties":{"p":{"type":"object","x-mcp-header":"P"}}}}',
      'b: x-mcp-header on something else than a string, integer or boolean',
    ],
  ];
  for (const [what, entry, why] of rows) {
    test(what, async () => {
      const { read, noted } = serverOf([`{"tools":[{"name":"a"},${entry},{"name":"z"}]}`]);
      assert.deepEqual(keys(await read()), ['a', 'z']);
      assert.deepEqual(noted, [`entry withheld: ${why}`]);
    });
  }
});

describe('how long a list is good', () => {
  const rows: [string, object[], { ttlMs: number; scope: string }][] = [
    ['is what the server says', [{ ttlMs: 5, cacheScope: 'public' }], { ttlMs: 5, scope: 'public' }],
    ['is nothing when it does not say', [{}], { ttlMs: 0, scope: 'private' }],
    ['is nothing when it says nonsense', [{ ttlMs: -1, cacheScope: 'all' }], { ttlMs: 0, scope: 'private' }],
    ['is nothing when it says a fraction', [{ ttlMs: 1.5, cacheScope: 5 }], { ttlMs: 0, scope: 'private' }],
    [
      'is the least that any page says',
      [{ ttlMs: 5, cacheScope: 'public', nextCursor: '1' }, { ttlMs: 9 }],
      { ttlMs: 5, scope: 'private' },
    ],
  ];
  for (const [what, pages, hint] of rows) {
    test(what, async () => assert.deepEqual((await serverOf(pages).read()).hint, hint));
  }
});

describe('F27: a server without measure', () => {
  const page = (from: number, count: number) => tools(...Array.from({ length: count }, (_, at) => `t${from + at}`));

  test('that has ten thousand tools is listed whole; of one more, ten thousand are kept, and it is said', async () => {
    const whole = serverOf([{ tools: page(0, 10_000) }]);
    assert.equal((await whole.read()).entries.length, 10_000);
    assert.deepEqual(whole.noted, []);
    const more = serverOf([{ tools: page(0, 10_001) }]);
    assert.equal((await more.read()).entries.length, 10_000);
    assert.deepEqual(more.noted, ['listEntriesMax', 'list cut short: listEntriesMax']);
  });
  test('that has a hundred pages is read to the last', async () => {
    const pages = Array.from({ length: 100 }, (_, at) => ({
      tools: page(at * 10, 10),
      ...(at < 99 ? { nextCursor: `${at}` } : {}),
    }));
    const { read, noted } = serverOf(pages);
    assert.deepEqual([(await read()).entries.length, noted], [1_000, []]);
  });
  test('that never ends is asked for two hundred pages', async () => {
    let at = 0;
    const { read, asked, noted } = serverOf([() => ({ tools: page(at++, 1), nextCursor: `${at}` })]);
    assert.equal((await read()).entries.length, 200);
    assert.deepEqual([asked.length, noted], [200, ['listPagesMax', 'list cut short: listPagesMax']]);
  });
  test('that goes round in empty pages is asked until a cursor comes back', async () => {
    const { read, asked } = serverOf([(cursor) => ({ tools: [], nextCursor: cursor === 'a' ? 'b' : 'a' })]);
    assert.deepEqual([keys(await read()), asked.length], [[], 3]);
  });
  test('that describes a tool in 5 MB loses that one alone', async () => {
    const huge = { name: 'huge', description: 'x'.repeat(5_000_000) };
    const { read, noted } = serverOf([{ tools: [...tools('a'), huge, ...tools('b')] }]);
    assert.deepEqual(keys(await read()), ['a', 'b']);
    assert.deepEqual(noted, ['entryBytesMax', 'entry withheld: entryBytesMax']);
  });
  test('does not keep the others from their turn while its list is read', async () => {
    const large = Array.from({ length: 400 }, (_, at) => ({ name: `t${at}`, description: 'x'.repeat(2_000) }));
    const { read } = serverOf([{ tools: large }]);
    let turns = 0;
    const count = () => {
      turns += 1;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    await read();
    clearImmediate(next);
    assert.ok(turns >= 5);
  });
});
