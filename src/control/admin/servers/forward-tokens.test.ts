/*
 * Forward tokens: kept as a hash, shown once, and another's is not there.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { openTestDesk, type TestDesk } from '../../../../test/rig/desk.ts';
import { forwardTokens } from '../../store/queries/objects.ts';

const operator = { addressFault: async () => undefined, upstreams: () => [] };
let desk: TestDesk;
before(async () => {
  desk = await openTestDesk({ operator });
});
after(() => desk.close());

interface Made {
  readonly id: string;
  readonly token: string;
  readonly prefix: string;
  readonly version: number;
}

async function server(who: 'ada' | 'uma', name: string, visibility = 'public'): Promise<string> {
  const body = { name, url: 'https://a.example/mcp', visibility };
  const { data, text } = await desk.ask<{ id: string }>(who, 'POST /api/v1/servers', { body });
  assert.ok(data, text);
  return data.id;
}

async function token(who: 'ada' | 'uma', serverId: string): Promise<Made> {
  const body = { description: 'importer' };
  const { status, data, text } = await desk.ask<Made>(who, `POST /api/v1/servers/${serverId}/tokens`, { body });
  assert.equal(status, 201, text);
  return data;
}

describe('a forward token', () => {
  it('is 256 random bits, shown once, and kept as a hash', async () => {
    const made = await token('uma', await server('uma', 'one'));
    assert.match(made.token, /^gwf_[A-Za-z0-9_-]{43}$/);
    const read = await desk.ask('uma', `GET /api/v1/forward-tokens/${made.id}`);
    assert.doesNotMatch(read.text, new RegExp(made.token.slice(10)));
    const actor = { organisation: 'acme' } as Parameters<typeof forwardTokens.get>[0];
    const [row] = await desk.store.read(forwardTokens.get(actor, made.id));
    assert.equal(row?.sha256, createHash('sha256').update(made.token).digest('hex'));
    assert.doesNotMatch(JSON.stringify(row), new RegExp(made.token.slice(10)));
  });

  it('is there for its maker and for who manages the organisation, and for nobody else', async () => {
    const id = await server('uma', 'two');
    const made = await token('uma', id);
    const one = `/api/v1/forward-tokens/${made.id}`;
    for (const who of ['eva', 'bob'] as const) {
      const outcomes = [
        await desk.ask(who, `GET ${one}`),
        await desk.ask(who, `POST ${one}/replace`, { ifMatch: 1 }),
        await desk.ask(who, `DELETE ${one}`, { ifMatch: 1 }),
      ];
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        [404, 404, 404],
        who,
      );
    }
    const nobodys = await desk.ask('eva', 'GET /api/v1/forward-tokens/fwt_nobody');
    const anothers = await desk.ask('eva', `GET ${one}`);
    assert.equal(nobodys.text, anothers.text);
    const listed = async (who: 'uma' | 'eva' | 'ada') =>
      (await desk.ask<{ items: unknown[] }>(who, `GET /api/v1/servers/${id}/tokens`)).data.items.length;
    assert.deepEqual([await listed('uma'), await listed('eva'), await listed('ada')], [1, 0, 1]);
    assert.equal((await desk.ask('bob', `GET /api/v1/servers/${id}/tokens`)).status, 404);
    assert.equal((await desk.ask('ada', `DELETE ${one}`, { ifMatch: 1 })).status, 200);
  });

  it('is made for a server by who may change it', async () => {
    const ask = async (id: string) =>
      (await desk.ask('eva', `POST /api/v1/servers/${id}/tokens`, { body: { description: 'x' } })).status;
    assert.equal(await ask(await server('ada', 'three')), 403);
    assert.equal(await ask(await server('ada', 'four', 'private')), 404);
  });

  it('is replaced by another one, of the version that was read', async () => {
    const made = await token('uma', await server('uma', 'five'));
    const ask = (ifMatch: number) =>
      desk.ask<Made>('uma', `POST /api/v1/forward-tokens/${made.id}/replace`, { ifMatch });
    const { data } = await ask(made.version);
    assert.notEqual(data.token, made.token);
    assert.deepEqual([data.id, data.version, data.prefix], [made.id, 2, data.token.slice(0, 8)]);
    assert.equal((await ask(1)).status, 412);
  });

  it('is made, changed and deleted by nobody with a key (T29)', async () => {
    const id = await server('uma', 'six');
    const made = await token('uma', id);
    const one = `/api/v1/forward-tokens/${made.id}`;
    const body = { description: 'x' };
    assert.equal((await desk.ask('uma-write', `POST /api/v1/servers/${id}/tokens`, { body })).status, 403);
    assert.equal((await desk.ask('uma-write', `POST ${one}/replace`, { ifMatch: 1 })).status, 403);
    assert.equal((await desk.ask('uma-write', `DELETE ${one}`, { ifMatch: 1 })).status, 403);
    assert.equal((await desk.ask('uma-write', `GET ${one}`)).status, 200);
  });

  it('ends in the future, and goes with its server', async () => {
    const id = await server('uma', 'seven');
    const past = { description: 'x', expiresAt: '2020-01-01T00:00:00Z' };
    assert.equal((await desk.ask('uma', `POST /api/v1/servers/${id}/tokens`, { body: past })).status, 400);
    const made = await token('uma', id);
    assert.equal((await desk.ask('uma', `DELETE /api/v1/servers/${id}`, { ifMatch: 1 })).status, 200);
    assert.equal((await desk.ask('uma', `GET /api/v1/forward-tokens/${made.id}`)).status, 404);
  });
});
