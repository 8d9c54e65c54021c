/*
 * Pages of lists: what may be asked, and that all pages together have everything once, whatever comes from where.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AdminError } from '../../../model/admin-errors.ts';
import { listed, listQuery, pageAsked, placeOf } from './list.ts';

const SORTS = { name: 'name', createdAt: 'createdAtMs' } as const;
const QUERY = listQuery(SORTS, {});

describe('a list is asked for', () => {
  const rows: readonly (readonly [say: string, query: Record<string, string>, good: boolean])[] = [
    ['without anything', {}, true],
    ['with one', { limit: '1' }, true],
    ['with as many as may be', { limit: '200' }, true],
    ['with one more', { limit: '201' }, false],
    ['with none', { limit: '0' }, false],
    ['with a part', { limit: '1.5' }, false],
    ['with a number in another writing', { limit: '1e2' }, false],
    ['in an order', { sort: '-createdAt' }, true],
    ['in the order of a column', { sort: 'createdAtMs' }, false],
    ['in an order of nobody', { sort: 'passwordHash' }, false],
    ['by a page number', { page: '2' }, false],
  ];
  for (const [say, query, good] of rows) {
    it(`${say}: ${good ? 'taken' : 'refused'}`, () => assert.equal(QUERY.safeParse(query).success, good));
  }

  it('with a cursor of another order, or of nobody: refused', () => {
    const page = pageAsked({ limit: '1' }, SORTS);
    const stored = ['a', 'b'].map((name) => ({ id: name, name, createdAtMs: 1 }));
    const { nextCursor = '' } = listed({ ...page, stored }, placeOf(page), (one) => one);
    assert.deepEqual(pageAsked({ cursor: nextCursor }, SORTS).after, { value: 'a', id: 'a' });
    for (const asked of [{ cursor: nextCursor, sort: '-name' }, { cursor: 'abc' }, { cursor: `${nextCursor}x` }]) {
      assert.throws(() => pageAsked(asked, SORTS), AdminError);
    }
  });
});

describe('all pages together', () => {
  const names = fc.array(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 30 });

  it('have everything once, in order, of the file and of the store', () =>
    fc.assert(
      fc.property(names, names, fc.integer({ min: 1, max: 7 }), fc.boolean(), (inStore, inFile, limit, descending) => {
        const rowsOf = (texts: string[], of: string) =>
          texts.map((name, at) => ({ id: `${of}${at}`, name, createdAtMs: 0 }));
        const [store, ofFile] = [rowsOf(inStore, 's'), rowsOf(inFile, 'f')];
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const asked = { limit: String(limit), sort: descending ? '-name' : 'name', cursor };
          const page = pageAsked(asked, SORTS);
          const place = placeOf(page);
          // What a database would answer: all after the cursor, in order, one more than fits.
          const whole = listed({ ...page, limit: 1_000, stored: store, ofFile: [] }, place, (row) => row).items;
          const { after } = page;
          const from = after === undefined ? 0 : whole.findIndex((row) => isAfter(place(row), after, descending));
          const stored = from < 0 ? [] : whole.slice(from, from + limit + 1);
          const data = listed({ ...page, stored, ofFile }, place, ({ id }) => id);
          assert.ok(data.items.length <= limit);
          seen.push(...data.items);
          cursor = data.nextCursor;
        } while (cursor !== undefined);
        assert.deepEqual([...seen].sort(), [...store, ...ofFile].map(({ id }) => id).sort());
      }),
    ));
});

interface At {
  readonly value: string | number;
  readonly id: string;
}

function isAfter(a: At, b: At, descending: boolean): boolean {
  const order =
    Buffer.compare(Buffer.from(String(a.value)), Buffer.from(String(b.value))) ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  return descending ? order < 0 : order > 0;
}
