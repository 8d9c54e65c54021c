/*
 * Endpoints and toolsets in the admin API: what is taken, what may be named, and who sees what is behind them.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openTestDesk, type TestDesk } from '../../../../test/rig/desk.ts';

const FILE = `
servers: {of-file: {url: "https://f.example/"}, for-all: {url: "https://g.example/", visibility: shared}}
endpoints: {team: {servers: [of-file], title: Team}}
`;
const operator = { addressFault: async () => undefined, upstreams: () => [] };
let desk: TestDesk;
before(async () => {
  desk = await openTestDesk({ operator, file: FILE });
  await server('ada', 'hidden');
  await server('ada', 'shown', 'public');
});
after(() => desk.close());

async function server(who: 'ada' | 'bob', name: string, visibility = 'private'): Promise<void> {
  const body = { name, url: 'https://a.example/mcp', visibility };
  const { status, text } = await desk.ask(who, 'POST /api/v1/servers', { body });
  assert.equal(status, 201, text);
}

interface Data {
  readonly id: string;
  readonly version: number;
  readonly definition: unknown;
  readonly reaches: readonly string[];
  readonly path: string;
  readonly items: readonly { readonly name: string; readonly origin: string }[];
}

const create = (who: 'ada' | 'bob' | 'uma' | 'root', body: object) =>
  desk.ask<Data>(who, 'POST /api/v1/endpoints', { body });

describe('an endpoint', () => {
  it('is made, published, changed and deleted', async () => {
    const body = {
      ...{ name: 'everyday', title: 'Everyday', naming: 'plain', servers: ['acme--shown', 'for-all'] },
      tools: { allow: ['acme--shown.read_*'], change: { 'acme--shown.read_a': { name: 'read' } } },
    };
    const { status, data, text } = await create('ada', body);
    assert.equal(status, 201, text);
    assert.deepEqual([data.path, data.reaches], ['/mcp/everyday', ['acme--shown', 'for-all']]);
    const served = desk.parts.publisher.snapshot().endpoints.get('everyday');
    assert.deepEqual([served?.naming, served?.organisation], ['plain', 'acme']);
    const one = `/api/v1/endpoints/${data.id}`;
    const change = { body: { tools: null, naming: 'merged' }, ifMatch: 1 };
    const changed = await desk.ask<Data>('ada', `PATCH ${one}`, change);
    assert.deepEqual(changed.data.definition, { naming: 'merged', servers: ['acme--shown', 'for-all'] });
    assert.equal((await desk.ask('ada', `PATCH ${one}`, change)).status, 412);
    assert.equal((await desk.ask('ada', `DELETE ${one}`, { ifMatch: 2 })).status, 200);
    assert.equal(desk.parts.publisher.snapshot().endpoints.has('everyday'), false);
  });

  const rows: readonly (readonly [say: string, body: object, status: number, field: string])[] = [
    ['with a name of the file', { name: 'team' }, 409, 'body.name'],
    ['with the name of a server', { name: 'of-file' }, 409, 'body.name'],
    ['with the name of /mcp', { name: 'default' }, 409, 'body.name'],
    ['with no name', { name: 'A b' }, 400, 'body.name'],
    ['with the name of a server’s own endpoint', { name: 'acme--shown' }, 400, 'body.name'],
    ['with a server of another organisation', { servers: ['of-file'] }, 400, 'body.servers.0'],
    ['with a server that there is not', { servers: ['acme--shown', 'nobody'] }, 400, 'body.servers.1'],
    ['with a server twice', { servers: ['for-all', 'for-all'] }, 400, 'body.servers.1'],
    ['with no server', { servers: [] }, 400, 'body.servers'],
    ['with a tool of no server', { tools: { block: ['read'] } }, 400, 'body.tools.block.0'],
    [
      'with tools of a server that is not behind it',
      { servers: ['for-all'], tools: { allow: ['x.y'] } },
      400,
      'body.tools.allow.0',
    ],
    ['with a separator and no prefix', { naming: 'plain', separator: ':' }, 400, 'body.separator'],
    ['as a toolset without tools', { kind: 'toolset' }, 400, 'body.tools.allow'],
    ['of another organisation', { organisation: 'beta' }, 400, 'body.organisation'],
    ['with a command', { servers: [{ command: 'touch' }] }, 422, 'body.servers.0.command'],
  ];
  for (const [say, body, status, field] of rows) {
    it(`is refused ${say}, by its field`, async () => {
      const told = await create('ada', { name: 'other', ...body });
      assert.deepEqual([told.status, told.errors.map((each) => each.field)], [status, [field]], told.text);
    });
  }

  it('tells of servers of other organisations in no suggestion', async () => {
    await server('bob', 'secret-of-beta');
    const told = await create('ada', { name: 'other', servers: ['beta--secret-of-bet'] });
    assert.doesNotMatch(told.text, /secret-of-beta|of-file/);
  });

  it('has a name that is unique in the installation', async () => {
    assert.equal((await create('bob', { name: 'mine' })).status, 201);
    assert.equal((await create('ada', { name: 'mine' })).status, 409);
  });

  it('is managed by who manages the organisation; members see it, and of what is behind it what they see', async () => {
    assert.equal((await create('uma', { name: 'own' })).status, 403);
    const { data } = await create('ada', { name: 'both', servers: ['acme--hidden', 'acme--shown'] });
    const seen = await desk.ask<Data>('uma', `GET /api/v1/endpoints/${data.id}`);
    assert.deepEqual([seen.data.definition, seen.data.reaches], [null, ['acme--shown']]);
    assert.doesNotMatch(seen.text, /hidden/);
    for (const what of ['GET', 'PATCH', 'DELETE']) {
      const sent = what === 'GET' ? {} : { ifMatch: 1, ...(what === 'PATCH' && { body: {} }) };
      assert.equal((await desk.ask('bob', `${what} /api/v1/endpoints/${data.id}`, sent)).status, 404);
    }
  });

  it('of the file is shown and read-only', async () => {
    const { data } = await desk.ask<Data>('root', 'GET /api/v1/endpoints');
    assert.deepEqual(
      data.items.map(({ name, origin }) => [name, origin]),
      [['team', 'file']],
    );
    const told = await desk.ask('root', 'PATCH /api/v1/endpoints/file.endpoint.team', {
      body: { title: 'x' },
      ifMatch: 1,
    });
    assert.deepEqual([told.status, told.error], [409, 'read_only']);
  });
});
