/*
 * Search over tools: who finds what (threat T13), in which order, and page by page.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { type Somebody, seederIn } from '../../../../test/rig/desk-people.ts';
import { openPlaneDesk } from '../../../../test/rig/desk-plane.ts';
import type { ToolReport } from '../../../model/live.ts';
import { servers } from '../../store/queries/objects.ts';
import { indexed, matchOf, typed } from './tool-rank.ts';

const FILE = `
servers:
  open: { url: http://127.0.0.1:1/a, organisation: acme, visibility: public, tools: { block: [hidden] } }
  house: { url: http://127.0.0.1:1/c, organisation: acme }
  common: { url: http://127.0.0.1:1/d, organisation: beta, visibility: shared }
  theirs: { url: http://127.0.0.1:1/e, organisation: beta, visibility: public }
access:
  organisations: { acme: {}, beta: {} }
`;

const desk = await openPlaneDesk({ file: FILE, operator: { servers: () => [] } });
after(() => desk.close());
desk.has('open', ['tool_open', 'tool_secret', 'hidden']);
await haveUmas();
for (const server of ['acme--umas', 'house', 'common', 'theirs'])
  desk.has(server, [`tool_${server.replace('acme--', '')}`]);

/** A server of the store, and uma's own. */
async function haveUmas(): Promise<void> {
  const actor = seederIn('acme');
  const values = { name: 'umas', title: '', description: '', definitionJson: '{}', url: 'https://umas.example/mcp' };
  const row = servers.fresh(actor, { ...values, owner: 'uma', visibility: 'private', tagsJson: '[]', weight: 1 }, 1);
  const touched = [{ kind: 'servers' as const, id: row.id, organisation: 'acme' }];
  await desk.store.write(actor, { changes: [servers.insert(actor, row)], touched, audit: [] });
  await desk.parts.publisher.settled();
}

const notEva = {
  ...{ name: 'not eva', effect: 'deny', who: { users: ['eva'] }, what: { servers: ['open'], tools: ['tool_secret'] } },
};
const saved = await desk.ask('ada', 'POST /api/v1/policies', { body: notEva });
assert.equal(saved.status, 201, saved.text);

interface Found {
  readonly items: readonly {
    readonly server: string;
    readonly name: string;
    readonly match: string;
    readonly path: string | null;
    readonly withheld: { readonly reason: string; readonly rule: string } | null;
  }[];
  readonly nextCursor?: string;
}
const search = async (who: Somebody, query = '') => (await desk.ask<Found>(who, `GET /api/v1/tools${query}`)).data;

describe('who finds which tools', () => {
  const rows: readonly [who: Somebody, say: string, names: readonly string[]][] = [
    ['vic', 'who views: what is shown to members', ['tool_common', 'tool_open', 'tool_secret']],
    [
      'uma',
      'a user: that, what is the organisation’s, and their own',
      ['tool_common', 'tool_house', 'tool_open', 'tool_secret', 'tool_umas'],
    ],
    [
      'eva',
      'another: not what is somebody’s own, and not what a policy denies',
      ['tool_common', 'tool_house', 'tool_open'],
    ],
    ['uma-write', 'a key: what its user finds', ['tool_common', 'tool_house', 'tool_open', 'tool_secret', 'tool_umas']],
    [
      'ada',
      'who manages: all of the organisation, the filtered too',
      ['hidden', 'tool_common', 'tool_house', 'tool_open', 'tool_secret', 'tool_umas'],
    ],
    ['bob', 'elsewhere: nothing but their own, and what is shared', ['tool_common', 'tool_theirs']],
  ];
  for (const [who, say, names] of rows)
    it(say, async () => {
      const { items } = await search(who);
      assert.deepEqual(
        items.map(({ name }) => name),
        names,
      );
      for (const each of items) if (who !== 'ada') assert.ok(each.path !== null && each.withheld === null);
    });

  it('the list of one server’s tools tells nobody more', async () => {
    const toolsOf = async (who: Somebody) => {
      const told = await desk.ask<Found>(who, 'GET /api/v1/servers/file.server.open/tools');
      assert.equal(told.status, 200, told.text);
      return told.data.items.map(({ name }) => name);
    };
    assert.deepEqual(await toolsOf('vic'), ['tool_open', 'tool_secret']);
    assert.deepEqual(await toolsOf('eva'), ['tool_open']);
    assert.deepEqual(await toolsOf('ada'), ['hidden', 'tool_open', 'tool_secret']);
  });

  it('who manages is told why something is listed to nobody', async () => {
    const { items } = await search('ada', '?q=hidden');
    assert.deepEqual(
      items.map(({ path, withheld }) => [path, withheld]),
      [[null, { reason: 'filtered', rule: 'servers.open.tools.block:hidden' }]],
    );
    assert.deepEqual((await search('uma', '?q=hidden')).items, []);
  });

  it('who acts in another organisation for once finds all that it has', async () => {
    const { items } = await search('root', '?organisation=beta');
    assert.deepEqual(
      items.map(({ name }) => name),
      ['tool_common', 'tool_theirs'],
    );
  });

  it('a tool that the kill switch holds is found by nobody but who manages', async () => {
    await desk.ask('ada', 'PUT /api/v1/kill/tool/house.tool_house', { body: { reason: 'x' } });
    assert.deepEqual((await search('eva', '?server=house')).items, []);
    assert.equal((await search('ada', '?server=house')).items[0]?.path, null);
    await desk.ask('ada', 'DELETE /api/v1/kill/tool/house.tool_house');
    assert.equal((await search('eva', '?server=house')).items.length, 1);
  });
});

it('all pages together have everything once, in one order', async () => {
  const seen: string[] = [];
  let query = '?limit=2';
  for (;;) {
    const { items, nextCursor } = await search('uma', query);
    seen.push(...items.map(({ name }) => name));
    if (nextCursor === undefined) break;
    query = `?limit=2&cursor=${nextCursor}`;
  }
  assert.deepEqual(
    seen,
    (await search('uma')).items.map(({ name }) => name),
  );
});

describe('what fits what was typed', () => {
  const tool = (name: string, description = '', title = ''): ToolReport => ({
    name,
    title,
    description,
    definition: {},
    killed: false,
  });
  const rows: readonly [text: string, tool: ToolReport, match: string | undefined][] = [
    ['read', tool('read'), 'name'],
    ['READ', tool('read'), 'name'],
    ['read', tool('read_file'), 'prefix'],
    ['file', tool('read_file'), 'word'],
    ['file read', tool('read_file'), 'word'],
    ['fi re', tool('readFile'), 'word'],
    ['page', tool('get', '', 'Web page'), 'word'],
    ['disk', tool('read', 'From the disk.'), 'description'],
    ['read disk', tool('read', 'From the disk.'), 'description'],
    ['disk tape', tool('read', 'From the disk.'), undefined],
    ['ead', tool('read'), undefined],
    ['.*', tool('read'), undefined],
    ['', tool('read'), 'name'],
  ];
  for (const [text, each, match] of rows)
    it(`"${text}" and ${each.name} (${each.title || each.description}): ${match ?? 'nothing'}`, () => {
      const [found] = indexed([each]);
      assert.ok(found);
      assert.equal(matchOf(found, typed(text)), match);
    });

  it('whatever is typed, it takes no longer than its text and the tools are long', () => {
    const [found] = indexed([tool('a'.repeat(100_000), 'a'.repeat(100_000))]);
    assert.ok(found);
    assert.equal(matchOf(found, typed(`${'a*'.repeat(99)}b`)), undefined);
  });
});
it('nothing went wrong inside', () => assert.deepEqual(desk.failures, []));
