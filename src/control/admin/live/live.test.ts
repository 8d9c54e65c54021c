/*
 * What runs now, what was done, and how the control plane is: each organisation's alone.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openTestDesk } from '../../../../test/rig/desk.ts';
import { type Somebody, seederIn } from '../../../../test/rig/desk-people.ts';
import type { SessionReport, SessionsFilter, UpstreamReport } from '../../../model/live.ts';
import { insertStateEvents } from '../../store/queries/records.ts';

const session = (id: string, organisation: string, openedAtMs: number): SessionReport => ({
  ...{ id, kind: 'session', principal: `user:${id}`, user: id, organisation, endpoint: '', door: 'mcp-http' },
  ...{ revision: '2025-11-25', client: undefined, openedAtMs, usedAtMs: openedAtMs, streams: 0, callsInFlight: 1 },
});
let open = ['s1', 's2', 's3'].map((id, at) => session(id, 'acme', at)).concat(session('b1', 'beta', 9));

const upstream = (server: string, organisation: string, state: UpstreamReport['state']): UpstreamReport => ({
  ...{ server, organisation, state, owner: undefined, transport: 'http', reason: 'http://10.0.0.1', sinceMs: 1 },
  ...{ revision: undefined, callsInFlight: 2, conversations: 3, processes: 0 },
  counts: { tools: 1, prompts: 0, resources: 0, templates: 0 },
});
const upstreams = [
  upstream('files', 'acme', 'ready'),
  upstream('web', 'acme', 'down'),
  upstream('theirs', 'beta', 'ready'),
];

const of = <Each extends { readonly organisation: string }>(all: readonly Each[], organisation: string | undefined) =>
  all.filter((each) => each.organisation === organisation);

const desk = await openTestDesk({
  operator: {
    about: () => ({ instance: 'i', pid: 1, version: '1.2.3', url: '', config: '/etc/x.yaml', faults: ['line 3: no'] }),
    sessions: ({ organisation, principal, limit = 1_000 }: SessionsFilter) => {
      const all = of(open, organisation).filter((each) => principal === undefined || each.principal === principal);
      return { sessions: all.slice(0, limit), total: all.length };
    },
    endSession: (id, { organisation }) => {
      const before = open.length;
      open = open.filter((each) => each.id !== id || each.organisation !== organisation);
      return open.length < before;
    },
    upstreams: ({ organisation }) => of(upstreams, organisation),
  },
});
after(() => desk.close());

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}
const page = async <Item>(who: Somebody, path: string) => (await desk.ask<Page<Item>>(who, `GET ${path}`)).data;

describe('live state', () => {
  it('has the sessions of the organisation, the newest first, page by page', async () => {
    const first = await page<{ id: string }>('ada', '/api/v1/live/sessions?limit=2');
    const second = await page<{ id: string }>('ada', `/api/v1/live/sessions?limit=2&cursor=${first.nextCursor}`);
    assert.deepEqual(
      [...first.items, ...second.items].map(({ id }) => id),
      ['s3', 's2', 's1'],
    );
    assert.equal(second.nextCursor, undefined);
    const one = await page<{ id: string; endpoint: string }>('ada', '/api/v1/live/sessions?principal=user:s2');
    assert.deepEqual(
      one.items.map(({ id, endpoint }) => [id, endpoint]),
      [['s2', 'default']],
    );
  });

  it('ends a session of the organisation, and no other; that is written down', async () => {
    assert.equal((await desk.ask('ada', 'DELETE /api/v1/live/sessions/b1')).status, 404);
    assert.equal((await desk.ask('ada', 'DELETE /api/v1/live/sessions/s1')).status, 200);
    assert.equal((await desk.ask('ada', 'DELETE /api/v1/live/sessions/s1')).status, 404);
    const { items } = await page<{ targetId: string; targetName: string }>(
      'ada',
      '/api/v1/audit?action=live_session.end',
    );
    assert.deepEqual(
      items.map(({ targetId, targetName }) => [targetId, targetName]),
      [['s1', 'user:s1']],
    );
  });

  it('has the servers as they are, and counts', async () => {
    const { items } = await page<{ server: string }>('ada', '/api/v1/live/upstreams?state=down');
    assert.deepEqual(
      items.map(({ server }) => server),
      ['web'],
    );
    const { data } = await desk.ask('ada', 'GET /api/v1/live');
    assert.deepEqual(data, {
      sessions: 2,
      callsInFlight: 4,
      conversations: 6,
      processes: 0,
      servers: { ready: 1, down: 1 },
    });
  });

  it('is for who manages', async () => {
    for (const path of ['', '/sessions', '/upstreams'])
      for (const who of ['vic', 'uma'] as const)
        assert.equal((await desk.ask(who, `GET /api/v1/live${path}`)).status, 403);
  });
});

describe('what was written down', () => {
  it('is the organisation’s, newest first, filtered and page by page', async () => {
    const actor = seederIn('acme');
    const audit = [1, 2, 3].map((n) => ({
      ...{
        action: 'thing.do',
        outcome: n === 2 ? 'denied' : 'done',
        kind: 'things',
        targetId: `t${n}`,
        targetName: '',
      },
      ...{ reason: '', before: null, after: { n } },
    }));
    for (const each of audit) await desk.store.write(actor, { changes: [], touched: [], audit: [each] });
    const first = await page<{ targetId: string; after: unknown }>('ada', '/api/v1/audit?kind=things&limit=2');
    const second = await page<{ targetId: string }>(
      'ada',
      `/api/v1/audit?kind=things&limit=2&cursor=${first.nextCursor}`,
    );
    assert.deepEqual(
      [...first.items, ...second.items].map(({ targetId }) => targetId),
      ['t3', 't2', 't1'],
    );
    assert.deepEqual(first.items[0]?.after, { n: 3 });
    const denied = await page<{ targetId: string }>('ada', '/api/v1/audit?kind=things&outcome=denied');
    assert.deepEqual(
      denied.items.map(({ targetId }) => targetId),
      ['t2'],
    );
    assert.deepEqual((await page('bob', '/api/v1/audit?kind=things')).items, []);
    assert.deepEqual((await page('ada', '/api/v1/audit?kind=things&to=2020-01-01T00:00:00Z')).items, []);
    assert.equal((await page('ada', '/api/v1/audit?kind=things&from=2020-01-01T00:00:00%2B01:00')).items.length, 3);
    assert.equal((await desk.ask('ada', 'GET /api/v1/audit?cursor=abc')).errors[0]?.field, 'query.cursor');
  });

  it('has the changes of state of its servers', async () => {
    const rows = ['acme', 'beta'].map((organisation, at) => ({
      ...{ organisation, atMs: at + 1, node: 'n', server: `s-${organisation}`, state: 'ready', reason: '' },
    }));
    await desk.store.note([{ statement: insertStateEvents(rows) }]);
    const { items } = await page<{ server: string; at: string }>('ada', '/api/v1/events?state=ready');
    assert.deepEqual(
      items.map(({ server, at }) => [server, at]),
      [['s-acme', '1970-01-01T00:00:00.001Z']],
    );
  });
});

describe('health', () => {
  interface Health {
    readonly status: string;
    readonly store: { readonly state: string };
    readonly file: { readonly faults: number; readonly lines: readonly string[] };
    readonly servers: object;
    readonly versions: { readonly gateway: string };
  }
  for (const [who, lines] of [
    ['vic', []],
    ['ada', []],
    ['root', ['line 3: no']],
  ] as const)
    it(`tells ${who} how it is, and ${lines.length === 0 ? 'no words of the host' : 'why'}`, async () => {
      const { status, data } = await desk.ask<Health>(who, 'GET /api/v1/health');
      assert.deepEqual(
        [status, data.status, data.store.state, data.file, data.versions.gateway],
        [200, 'degraded', 'ready', { faults: 1, lines: [...lines] }, '1.2.3'],
      );
      assert.deepEqual(data.servers, who === 'root' ? {} : { ready: 1, down: 1 });
    });

  it('tells a stranger nothing', async () => assert.equal((await desk.ask('', 'GET /api/v1/health')).status, 401));
});
it('nothing went wrong inside', () => assert.deepEqual(desk.failures, []));
