/*
 * F10: event streams that never end, whichever way the server speaks HTTP. What keeps a stream alive does not keep a call
 * alive, and what one event may weigh is bounded.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { at, parseObject, type RpcMessage, resultOf } from '../rig/json-rpc.ts';
import { type SeenRequest, scriptedHttp } from '../rig/scripted-http.ts';
import { failureOf, openStage, type Stage } from './stage.ts';

type Speaks = 'http' | 'sse';
/** Writes to the stream of a call until it is closed. */
type Babble = (stream: ServerResponse, call: RpcMessage) => void;

const LIMITS = { callTimeoutMs: 400, callTimeMaxMs: 1_000, answerBytesMax: 1024 * 1024 };
/** What is too large must be so before it is late, also on a busy machine. */
const PATIENT = { ...LIMITS, callTimeoutMs: 30_000, callTimeMaxMs: 30_000 };

function repeat(stream: ServerResponse, text: string): void {
  const timer = setInterval(() => stream.write(text), 20);
  stream.once('close', () => clearInterval(timer));
}

/** As fast as it is read. */
function pour(stream: ServerResponse, chunk: Buffer): void {
  while (!stream.destroyed && stream.write(chunk));
  if (!stream.destroyed) stream.once('drain', () => pour(stream, chunk));
}

const BABBLES: readonly { readonly what: string; readonly babble: Babble; readonly ends: string }[] = [
  { what: 'comments only', babble: (stream) => repeat(stream, ': still here\n\n'), ends: 'upstream_timeout' },
  {
    what: 'progress without end',
    babble: (stream, call) => {
      const params = { progressToken: at(call, 'params', '_meta', 'progressToken'), progress: 1 };
      repeat(stream, `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params })}\n\n`);
    },
    ends: 'upstream_timeout',
  },
  {
    what: 'one event that never ends',
    babble: (stream, { id }) => {
      stream.write(`data: {"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"x":"`);
      pour(stream, Buffer.alloc(64 * 1024, 'x'));
    },
    ends: 'upstream_too_large',
  },
  {
    what: 'one event of ever more lines',
    babble: (stream, { id }) => {
      stream.write(`data: {"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"x":[\n`);
      pour(stream, Buffer.from(`data: ${'7'.repeat(1_000)},\n`.repeat(64)));
    },
    ends: 'upstream_too_large',
  },
];

async function babbler(t: TestContext, speaks: Speaks, babble: Babble) {
  let stream: ServerResponse | undefined;
  const answer = (message: RpcMessage, response: ServerResponse): void => {
    const said = JSON.stringify(resultOf(message.id ?? 0, resultFor(message)));
    if (speaks === 'sse') stream?.write(`data: ${said}\n\n`);
    response
      .writeHead(speaks === 'sse' ? 202 : 200, { 'content-type': 'application/json' })
      .end(speaks === 'sse' ? '' : said);
  };
  const server = await scriptedHttp((request: SeenRequest, response) => {
    const message = parseObject(request.body) as RpcMessage | undefined;
    if (request.method === 'GET' && speaks === 'sse') {
      stream = response.writeHead(200, { 'content-type': 'text/event-stream' });
      return void stream.write('event: endpoint\ndata: /post\n\n');
    }
    if (request.method !== 'POST') return void response.writeHead(405).end();
    if (message?.method === 'server/discover') return void response.writeHead(404).end();
    if (message?.id === undefined) return void response.writeHead(202).end();
    if (message.method !== 'tools/call' || at(message, 'params', 'name') !== 'babble') return answer(message, response);
    const open = speaks === 'sse' ? stream : response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (speaks === 'sse') response.writeHead(202).end();
    if (open) babble(open, message);
  });
  t.after(() => server.close());
  return { url: server.url, type: speaks };
}

function resultFor({ method }: RpcMessage) {
  const serverInfo = { name: 'babbler', version: '1' };
  if (method === 'initialize') return { protocolVersion: '2024-11-05', capabilities: { tools: {} }, serverInfo };
  if (method === 'tools/list')
    return { tools: ['babble', 'echo'].map((name) => ({ name, inputSchema: { type: 'object' } })) };
  return { content: [{ type: 'text', text: 'fine' }] };
}

const rssMiB = (stage: Stage) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${stage.gateway.pid}/status`, 'utf8'))?.[1]) / 1024;

for (const speaks of ['http', 'sse'] as const) {
  describe(`F10: a server over ${speaks} that answers with`, { concurrency: 3 }, () => {
    for (const { what, babble, ends } of BABBLES) {
      it(`${what} ends as ${ends}, and costs no other server anything`, async (t) => {
        const bad = await babbler(t, speaks, babble);
        const good = await babbler(t, speaks, () => {});
        const stage = await openStage(
          {},
          { others: { bad, good }, config: { limits: ends === 'upstream_timeout' ? LIMITS : PATIENT } },
        );
        t.after(() => stage.close());
        const client = stage.modern();
        const before = rssMiB(stage);
        const call = client.call('tools/call', { name: 'bad__babble' }, { meta: { progressToken: 'p' } });
        const fine = await client.call('tools/call', { name: 'good__echo' });
        assert.equal(failureOf(fine.answer), undefined);
        assert.equal(failureOf((await call).answer), ends);
        assert.ok(rssMiB(stage) - before < 50, `${rssMiB(stage) - before} MiB more`);
      });
    }
  });
}
