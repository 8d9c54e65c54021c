/*
 * Lists are read to the end, however a server cuts them: the gateway's list is whole, in order, with every entry once, and
 * a server that never ends cannot keep it from serving what there is.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { at, parseObject, type RpcMessage, resultOf } from '../rig/json-rpc.ts';
import { textOf } from '../rig/raw-client.ts';
import { TOOLS } from '../rig/scripted-content.ts';
import { type SeenRequest, scriptedHttp } from '../rig/scripted-http.ts';
import { type JsonObject, MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { openStage, type Stage } from './stage.ts';

const tool = (name: string, more: object = {}) => ({ name, inputSchema: { type: 'object' }, ...more });

/** One page, by the cursor asked for; `undefined` asks for the first. */
type Pages = (cursor: unknown) => { readonly tools: readonly unknown[]; readonly nextCursor?: unknown };

/** An older server without sessions whose list of tools is these pages. */
async function paging(pages: Pages) {
  const server = await scriptedHttp((request, response) => {
    const message = parseObject(request.body);
    if (message?.id === undefined) return void response.writeHead(request.method === 'POST' ? 202 : 405).end();
    const result = resultFor(message, pages);
    response.writeHead(result ? 200 : 400, { 'content-type': 'application/json' });
    response.end(JSON.stringify(result && resultOf(message.id, result)));
  });
  const asked = () => server.seen.filter(isListing).map(({ body }) => at(parseObject(body), 'params', 'cursor'));
  return { url: server.url, asked, close: () => server.close() };
}

function resultFor({ method, params }: RpcMessage, pages: Pages): object | undefined {
  if (method === 'initialize') {
    const serverInfo = { name: 'paging', version: '1' };
    return { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo };
  }
  if (method === 'tools/list') return pages(at(params, 'cursor'));
  return method === 'tools/call' ? { content: [{ type: 'text', text: at(params, 'name') }] } : undefined;
}

function isListing({ body }: SeenRequest): boolean {
  return parseObject(body)?.method === 'tools/list';
}

async function names(stage: Stage, endpoint: string): Promise<unknown[]> {
  const { answer } = await stage.modern(endpoint).call('tools/list');
  return (at(answer, 'result', 'tools') as RpcMessage[]).map(({ name }) => name);
}

const CURSORS = ['', '0', ' ', 'null', 'é "quoted"', 'x'.repeat(2_000)];
const WAYS_ROUND = [undefined, ...CURSORS];

const endless: Pages = (cursor) => {
  const page = Number(cursor ?? 0);
  return { tools: [tool(`a-${page}`), tool(`b-${page}`)], nextCursor: String(page + 1) };
};

const SERVERS: Readonly<Record<string, { readonly pages: Pages; readonly limits?: object }>> = {
  cursors: {
    pages: (cursor) => {
      const place = WAYS_ROUND.indexOf(cursor as string | undefined);
      const nextCursor = CURSORS[place];
      return { tools: [tool(`after-${place}`)], ...(nextCursor === undefined ? {} : { nextCursor }) };
    },
  },
  'cursor-null': { pages: () => ({ tools: [tool('only')], nextCursor: null }) },
  'cursor-number': { pages: () => ({ tools: [tool('only')], nextCursor: 7 }) },
  'cursor-false': { pages: () => ({ tools: [tool('only')], nextCursor: false }) },
  circle: {
    pages: (cursor) => {
      const page = Number(cursor ?? 0);
      return { tools: [tool(`page-${page}`)], nextCursor: String((page % 3) + 1) };
    },
  },
  'endless-pages': { pages: endless, limits: { listPagesMax: 5 } },
  'endless-entries': { pages: endless, limits: { listEntriesMax: 7 } },
  odd: {
    pages: () => {
      const twice = [tool('twice', { title: 'first' }), tool('twice', { title: 'second' })];
      return { tools: [7, null, { title: 'nameless' }, { name: 8 }, ...twice] };
    },
  },
};

describe('a list in pages', () => {
  const servers = new Map<string, Awaited<ReturnType<typeof paging>>>();
  let stage: Stage;
  const asked = (server: string) => servers.get(server)?.asked();

  before(async () => {
    const others: Record<string, JsonObject> = {};
    for (const [name, { pages, limits }] of Object.entries(SERVERS)) {
      const server = await paging(pages);
      servers.set(name, server);
      others[name] = { url: server.url, ...limits };
    }
    stage = await openStage({}, { others });
  });
  after(async () => {
    await stage.close();
    for (const server of servers.values()) await server.close();
  });

  it('is read to the last one, through every kind of cursor, the empty one too', async () => {
    assert.deepEqual(
      await names(stage, 'cursors'),
      WAYS_ROUND.map((_, place) => `after-${place}`),
    );
    assert.deepEqual(asked('cursors'), WAYS_ROUND);
    const last = await stage.modern('cursors').call('tools/call', { name: 'after-6' });
    assert.equal(textOf(last.answer), 'after-6');
  });

  for (const server of ['cursor-null', 'cursor-number', 'cursor-false']) {
    it(`ends where the cursor is no text (${server})`, async () => {
      assert.deepEqual(await names(stage, server), ['only']);
      assert.deepEqual(asked(server), [undefined]);
    });
  }

  it('in a circle is read once around', async () => {
    assert.deepEqual(await names(stage, 'circle'), ['page-0', 'page-1', 'page-2', 'page-3']);
    assert.deepEqual(asked('circle'), [undefined, '1', '2', '3']);
    assert.ok((await stage.metric('gatewright_oddities_total{server="circle",what="list cut short"}')) > 0);
  });

  it('without an end is read as far as the limit of pages, or of entries', async () => {
    assert.equal((await names(stage, 'endless-pages')).length, 10);
    assert.equal(asked('endless-pages')?.length, 5);
    assert.equal((await names(stage, 'endless-entries')).length, 7);
  });

  it('has every name once, and what is no tool not at all', async () => {
    const { answer } = await stage.modern('odd').call('tools/list');
    assert.deepEqual(at(answer, 'result', 'tools'), [tool('twice', { title: 'first' })]);
  });
});

describe('a list that changes', { concurrency: 2 }, () => {
  for (const revision of ['2025-11-25', MODERN] as const) {
    it(`is read anew, whole, when the server says so (${revision})`, async (t) => {
      const up = await startScripted({ revision, transport: 'http', pageSize: 4 });
      const stage = await openStage({ up });
      t.after(() => stage.close());
      const before = await names(stage, 'up');
      assert.equal(new Set(before).size, TOOLS.length);
      const stream = await stage.modern().listen({ toolsListChanged: true });
      await up.addTool(tool('newest'));
      await up.listChanged('tools');
      await stream.until(({ method }) => method === 'notifications/tools/list_changed');
      assert.deepEqual(await names(stage, 'up'), [...before, 'newest']);
      assert.deepEqual((await names(stage, '')).at(-1), 'up__newest');
    });
  }

  it('without a word of the server is read when a caller misses a name', async (t) => {
    const up = await startScripted({ revision: '2025-11-25', transport: 'http' });
    const stage = await openStage({ up });
    t.after(() => stage.close());
    const client = stage.modern('up');
    await up.addTool(tool('silent'));
    for (;;) {
      const { answer } = await client.call('tools/call', { name: 'silent' });
      if (answer?.error === undefined) break;
      assert.equal(at(answer, 'error', 'code'), -32602);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.ok((await names(stage, 'up')).includes('silent'));
  });

  it('without a word of anybody is read every so often', async (t) => {
    const up = await startScripted({ revision: '2025-11-25', transport: 'http' });
    const stage = await openStage({ up }, { config: { limits: { refreshIntervalMs: 200 } } });
    t.after(() => stage.close());
    const stream = await stage.modern('up').listen({ toolsListChanged: true });
    await up.addTool(tool('unannounced'));
    await stream.until(({ method }) => method === 'notifications/tools/list_changed');
    assert.ok((await names(stage, 'up')).includes('unannounced'));
    const reads = up.received.of('tools/list').length;
    await up.received.until(() => up.received.of('tools/list').length > reads + 1);
    assert.equal(stream.messages.length, 2, 'a list that stayed the same was announced');
  });
});
