/*
 * Every route of the admin API × everybody = the table that is checked in (`matrix.md`). A cell that is not in it fails, and so
 * does what no table may say: a stranger let in, a key that makes credentials, an object of another organisation.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { AdminRoute } from '../../src/control/admin/route.ts';
import { COLUMNS, cellOf, type MatrixStage, pageOf } from './matrix.ts';
import { openMatrixStage } from './matrix-stage.ts';

const PAGE = new URL('matrix.md', import.meta.url);
const column = (name: string): number => COLUMNS.findIndex((each) => each.name === name);

const stage: MatrixStage & { close(): Promise<void> } = await openMatrixStage();
after(() => stage.close());
const cells = new Map<AdminRoute, readonly string[]>();

before(async () => {
  for (const route of stage.routes) {
    const row: string[] = [];
    for (const each of COLUMNS) row.push(await cellOf(stage, route, each));
    cells.set(route, row);
  }
});

function assertEvery(name: string, fits: (cell: string, route: AdminRoute) => boolean): void {
  const at = column(name);
  const strays = [...cells].filter(([route, row]) => !fits(row[at] ?? '', route));
  assert.deepEqual(
    strays.map(([{ id }, row]) => `${id}: ${name} gets ${row[at]}`),
    [],
  );
}

const isGood = (cell: string): boolean => /^20[01]$/.test(cell);

test('the table is the one that is checked in', () => {
  const page = pageOf(cells);
  if (process.env.GATEWRIGHT_WRITE_MATRIX) writeFileSync(PAGE, page);
  const written = readFileSync(PAGE, 'utf8').split('the table \n');
  const now = page.split('the table \n');
  const changed = {
    unlisted: now.filter((line) => !written.includes(line)),
    gone: written.filter((line) => !now.includes(line)),
  };
  const nothing = { unlisted: [], gone: [] };
  assert.deepEqual(changed, nothing, 'run it with GATEWRIGHT_WRITE_MATRIX=1 and read what changed');
});

test('the table has no failure of the gateway in it', () => {
  for (const { name } of COLUMNS) assertEvery(name, (cell) => !cell.startsWith('5'));
});

test('the table opens nothing to strangers but what is public', () => {
  for (const name of ['nobody', 'expired'])
    assertEvery(name, (cell, { gate }) => (gate === 'public' ? !cell.startsWith('403') : cell === '401'));
});

test('the table opens nothing to pages of other sites', () => assertEvery('other site', (cell) => cell === '403'));

test('the table opens nothing to a key that was not made for it, and no credentials to any', () => {
  assertEvery('key, no API', (cell, { gate }) => gate === 'public' || cell === '403');
  assertEvery('key, read', (cell, { gate, method }) => gate === 'public' || method === 'GET' || cell === '403');
  assertEvery('key, write', (cell, { credentials }) => !credentials || cell === '403' || cell === '401');
});

test('the table shows nobody an object of another organisation', () => {
  const named = ({ path }: AdminRoute) => path.includes('{id}') && !path.startsWith('/api/v1/me');
  assertEvery('admin elsewhere', (cell, route) => !named(route) || cell === '404' || cell === '403');
});

test('the table lets viewers change nothing but what is their own', () =>
  assertEvery('viewer', (cell, { gate, method }) => {
    return method === 'GET' || gate === 'public' || gate === 'session' || !isGood(cell) || gate === 'read';
  }));

test('the table has for every operation somebody whom its example works for', () => {
  const strays = [...cells].filter(([, row]) => !row.some(isGood));
  assert.deepEqual(
    strays.map(([{ id }, row]) => `${id}: ${row.join(', ')}`),
    [],
  );
});
