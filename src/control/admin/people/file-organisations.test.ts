/*
 * What is stored can belong to an organisation that the file names.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openTestDesk } from '../../../../test/rig/desk.ts';

const desk = await openTestDesk({ file: 'servers: {}\naccess: {organisations: {filed: {}}}' });
after(() => desk.close());

test('a user is made in it, though nothing was stored of it before; and two at once', async () => {
  const make = (username: string) =>
    desk.ask('root', 'POST /api/v1/users?organisation=filed', { body: { username, roles: ['user'] } });
  const made = await Promise.all([make('fay'), make('finn')]);
  assert.deepEqual(
    made.map(({ status }) => status),
    [201, 201],
    made.map(({ text }) => text).join(),
  );
  const { data } = await desk.ask<{ items: { name: string; origin: string }[] }>('root', 'GET /api/v1/organisations');
  assert.deepEqual(
    data.items.filter(({ name }) => name === 'filed').map(({ origin }) => origin),
    ['file'],
  );
});

test('one that neither has is none', async () => {
  assert.equal((await desk.ask('root', 'GET /api/v1/users?organisation=nowhere')).status, 404);
});
