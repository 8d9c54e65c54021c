/*
 * The limits of what is stored: servers, and what belongs to each.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Actor } from '../../src/control/actor.ts';
import type { AdminParts } from '../../src/control/admin/parts.ts';
import type { AdminRoute } from '../../src/control/admin/route.ts';
import { serverRoutes } from '../../src/control/admin/servers/servers.ts';
import type { Trial } from '../../src/model/live.ts';
import { type AdminRig, actorOf, openAdminRig } from '../rig/admin-rig.ts';
import { openTestDesk, type TestDeskOptions } from '../rig/desk.ts';

const admin = actorOf('ada', ['admin']);
const bob = actorOf('bob', ['user']);
const OVER = { kind: 'limited' };
const WRONG = { kind: 'parameter_wrong' };

interface Data {
  readonly id: string;
  readonly items: readonly unknown[];
  readonly ok: boolean;
  readonly reason: string | null;
}

type Routes = (parts: AdminParts) => readonly AdminRoute[];

async function rig(limits: string, routes: Routes, options: TestDeskOptions = {}): Promise<AdminRig<Data>> {
  const opened = await openAdminRig<Data>(routes, { file: `servers: {}\nlimits: {${limits}}`, ...options });
  after(() => opened.close());
  return opened;
}

async function server(desk: AdminRig<Data>, name: string, more: object = {}, actor: Actor = admin): Promise<string> {
  const body = { name, url: 'https://a.example/mcp', ...more };
  const { data } = await desk.ask('createServer', actor, { body });
  return data.id;
}

describe('limits of stored servers', () => {
  it('serversPerUserMax: and serversPerOrganisationMax: there may be so many, and no other one is stored', async () => {
    const desk = await rig('serversPerOrganisationMax: 3, serversPerUserMax: 1', serverRoutes);
    await server(desk, 'a', {}, bob);
    await assert.rejects(server(desk, 'b', {}, bob), OVER);
    await server(desk, 'b');
    await server(desk, 'c');
    assert.deepEqual(desk.hits, ['serversPerUserMax']);
    await assert.rejects(server(desk, 'd'), OVER);
    assert.deepEqual(desk.hits, ['serversPerUserMax', 'serversPerOrganisationMax']);
    assert.equal((await desk.ask('listServers', admin)).data.items.length, 3);
  });

  it('tagsPerServerMax: replicasPerServerMax: headersPerServerMax: one each; a second is told by its field', async () => {
    const limits = 'tagsPerServerMax: 1, replicasPerServerMax: 1, headersPerServerMax: 1';
    const desk = await rig(limits, serverRoutes);
    const replica = (host: string) => ({ url: `https://${host}.example/` });
    const id = await server(desk, 'a', { tags: ['x'], replicas: [replica('b')], headers: { A: '1' } });
    const change = (body: object) => desk.ask('updateServer', admin, { params: { id }, body, ifMatch: 1 });
    assert.deepEqual(desk.hits, []);
    await assert.rejects(change({ tags: ['x', 'y'] }), WRONG);
    await assert.rejects(change({ replicas: [replica('b'), replica('c')] }), WRONG);
    await assert.rejects(change({ headers: { B: '2' } }), WRONG);
    assert.deepEqual(desk.hits, ['tagsPerServerMax', 'replicasPerServerMax', 'headersPerServerMax']);
    assert.ok(await change({ headers: { A: null, B: '2' } }));
  });

  it('endpointsPerOrganisationMax: one may be stored, and no other one is', async () => {
    const desk = await rig('endpointsPerOrganisationMax: 1', serverRoutes);
    const create = (name: string) => desk.ask('createEndpoint', admin, { body: { name } });
    await create('one');
    assert.deepEqual(desk.hits, []);
    await assert.rejects(create('two'), OVER);
    assert.deepEqual(desk.hits, ['endpointsPerOrganisationMax']);
  });

  it('forwardTokensPerUserMax: one may be made, and no other one is until it is deleted', async () => {
    const file = 'servers: {}\nlimits: {forwardTokensPerUserMax: 1}';
    const desk = await openTestDesk({ file, operator: { addressFault: async () => undefined, upstreams: () => [] } });
    after(() => desk.close());
    const body = { name: 'a', url: 'https://a.example/mcp' };
    const { data } = await desk.ask<{ id: string }>('uma', 'POST /api/v1/servers', { body });
    const token = () =>
      desk.ask<{ id: string }>('uma', `POST /api/v1/servers/${data.id}/tokens`, { body: { description: 'x' } });
    const first = await token();
    assert.deepEqual([first.status, desk.hits], [201, []]);
    assert.equal((await token()).status, 429);
    assert.deepEqual(desk.hits, ['forwardTokensPerUserMax']);
    await desk.ask('uma', `DELETE /api/v1/forward-tokens/${first.data.id}`, { ifMatch: 1 });
    assert.equal((await token()).status, 201);
  });

  it('serverTrialsMax: one server is tried out; a second at the same time is told to come again', async () => {
    const trial = Promise.withResolvers<Trial>();
    const begun = Promise.withResolvers<void>();
    const tryOut = () => {
      begun.resolve();
      return trial.promise;
    };
    const addressFault = async () => undefined;
    const desk = await rig('serverTrialsMax: 1', serverRoutes, { operator: { tryOut, addressFault } });
    const ask = () => desk.ask('tryServer', admin, { body: { url: 'https://a.example/' } });
    const first = ask();
    await begun.promise;
    assert.deepEqual(desk.hits, []);
    await assert.rejects(ask(), OVER);
    assert.deepEqual(desk.hits, ['serverTrialsMax']);
    trial.resolve({ ok: false, reason: 'unreachable', say: 'Nobody.' });
    assert.equal((await first).data.reason, 'unreachable');
    assert.equal((await ask()).data.ok, false);
  });
});
