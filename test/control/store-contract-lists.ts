/*
 * The part of the store's contract about lists: pages, orders, filters, the same in both databases and in memory.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { comparing, cursorOf, positionOf, type Sort } from '../../src/control/store/cursor.ts';
import { pageOf } from '../../src/control/store/page.ts';
import type { Listing } from '../../src/control/store/queries/listing.ts';
import { servers } from '../../src/control/store/queries/objects.ts';
import { insertStateEvents, listStateEvents } from '../../src/control/store/queries/records.ts';
import type { Store } from '../../src/control/store/store.ts';
import type { ServerRow } from '../../src/control/store/tables.ts';
import { ADA, addServers, type StoreStage, serverNamed } from './store-stage.ts';

type ServerSort = Sort<keyof ServerRow & string>;

const NAMES = ['b', 'a', 'B', 'ab', 'a-b', 'a_b', 'ä', 'z', '漢', '\u{1f6aa}', '\uffee', '1', 'A'];
const BY_NAME = { field: 'name', descending: false } as const;

const namesOf = (rows: readonly ServerRow[]): string[] => rows.map(({ name }) => name);

const position = (sort: ServerSort) => (row: ServerRow) => ({ value: row[sort.field] ?? '', id: row.id });

async function* pages(store: Store, listing: Omit<Listing<ServerRow>, 'after'>, ofFile: readonly ServerRow[] = []) {
  for (let cursor: string | undefined; ; ) {
    const after = cursor === undefined ? undefined : positionOf(listing.sort, cursor);
    const stored = await store.read(servers.list(ADA, { ...listing, after }));
    const page = pageOf({ ...listing, after, stored, ofFile, position: position(listing.sort) });
    yield page.items;
    cursor = page.nextCursor;
    if (cursor === undefined) return;
  }
}

export const LISTS_CONTRACT: readonly (readonly [string, (stage: StoreStage) => Promise<void>])[] = [
  [
    'pages of any length, in any order, are the whole list once, with what the file has in its place',
    async ({ store }) => {
      const rows = NAMES.map((name, at) => serverNamed(name, { createdAtMs: at % 3, updatedAtMs: 7 }));
      await addServers(store, rows);
      const ofFile = ['aa', 'b0', '\u{1f6ab}'].map((name) => serverNamed(name, { id: `file.server.${name}` }));
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 20 }),
          fc.constantFrom('name', 'createdAtMs', 'updatedAtMs', 'id'),
          fc.boolean(),
          async (limit, field, descending) => {
            const sort = { field, descending } as const;
            const order = comparing(sort);
            const at = position(sort);
            const wanted = [...rows, ...ofFile].sort((a, b) => order(at(a), at(b)));
            const found: ServerRow[] = [];
            for await (const items of pages(store, { limit, sort }, ofFile)) found.push(...items);
            assert.deepEqual(namesOf(found), namesOf(wanted));
          },
        ),
        { numRuns: 20 },
      );
    },
  ],
  [
    'a page goes on where the last one ended, whatever came and went meanwhile',
    async ({ store }) => {
      const rows = ['a', 'c', 'e'].map((name) => serverNamed(name));
      await addServers(store, rows);
      const cursor = cursorOf(BY_NAME, { value: 'c', id: rows[1]?.id ?? '' });
      await addServers(store, [serverNamed('b'), serverNamed('d')]);
      await store.note([servers.remove(ADA, { id: rows[1]?.id ?? '' })]);
      const after = positionOf(BY_NAME, cursor);
      const next = await store.read(servers.list(ADA, { limit: 5, sort: BY_NAME, after }));
      assert.deepEqual(namesOf(next), ['d', 'e']);
    },
  ],
  [
    'a filter for a part of a text takes the letters of LIKE as letters, and no heed of case',
    async ({ store }) => {
      const titles = ['100%', '100', 'a_b', 'aXb', 'back\\slash', 'Mixed Case'];
      await addServers(
        store,
        titles.map((title, at) => serverNamed(`s${at}`, { title })),
      );
      for (const [text, wanted] of [
        ['0%', ['100%']],
        ['a_b', ['a_b']],
        ['\\', ['back\\slash']],
        ['mixed c', ['Mixed Case']],
        ['', titles],
      ] as const) {
        const contains = { columns: ['title', 'description'], text } as const;
        const found = await store.read(servers.list(ADA, { limit: 50, sort: BY_NAME, contains }));
        assert.deepEqual(
          found.map(({ title }) => title),
          wanted,
        );
      }
    },
  ],
  [
    'filters hold together: equal values, null, a member of a list, and what its owner or everybody may see',
    async ({ store }) => {
      await addServers(store, [
        serverNamed('mine', { owner: 'ada', tagsJson: '["db","x"]' }),
        serverNamed('shown', { owner: 'bob', visibility: 'public', tagsJson: '["db"]' }),
        serverNamed('hidden', { owner: 'bob', tagsJson: '["dbx"]' }),
        serverNamed('nobodys', { visibility: 'shared' }),
      ]);
      const list = async (filter: Partial<Listing<ServerRow>>) =>
        namesOf(await store.read(servers.list(ADA, { limit: 50, sort: BY_NAME, ...filter })));
      const visibleTo = { owner: 'ada', visibilities: ['public', 'shared'] };
      assert.deepEqual(await list({ visibleTo }), ['mine', 'nobodys', 'shown']);
      assert.deepEqual(await list({ visibleTo, equal: { owner: 'bob' } }), ['shown']);
      assert.deepEqual(await list({ equal: { owner: null } }), ['nobodys']);
      assert.deepEqual(await list({ holds: { column: 'tagsJson', text: 'db' } }), ['mine', 'shown']);
      assert.deepEqual(await list({ holds: { column: 'tagsJson', text: 'db' }, equal: { owner: 'ada' } }), ['mine']);
    },
  ],
  [
    'records come newest first, and go on before the last of a page',
    async ({ store }) => {
      const rows = Array.from({ length: 5 }, (_, at) => ({
        ...{ organisation: at === 2 ? 'acme' : 'default', atMs: at, node: 'n', server: 'files' },
        ...{ state: String(at), reason: '' },
      }));
      await store.note([{ statement: insertStateEvents(rows) }]);
      const first = await store.read(listStateEvents(ADA, { limit: 1 }));
      assert.deepEqual(
        first.map(({ state }) => state),
        ['4', '3'],
      );
      const before = first[0]?.seq;
      const next = await store.read(listStateEvents(ADA, { limit: 9, before, toMs: 3, fromMs: 1 }));
      assert.deepEqual(
        next.map(({ state }) => state),
        ['1'],
      );
    },
  ],
];
