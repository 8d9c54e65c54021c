/*
 * Servers that answer wrongly, too much or never: the call that hears them fails by name, as a result with `isError` for
 * tools and as an error of ours for everything else, and nobody else notices.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import { type Reply, textOf } from '../rig/raw-client.ts';
import type { Behaviour } from '../rig/scripted-script.ts';
import { type Client, openEraStage, WAYS, type Way } from './same-era.ts';
import { failureOf } from './stage.ts';

// Some of these answers end the process, again and again.
const limits = { callTimeoutMs: 2_000, answerBytesMax: 65_536, restartsMax: 1_000 };
const { stage, upOf, clientOf } = await openEraStage(WAYS, { config: { limits } });
after(() => stage.close());

/** Codes of the error catalogue by name. */
const CODES: Readonly<Record<string, number>> = {
  upstream_down: -31011,
  upstream_lost: -31012,
  upstream_timeout: -31013,
  upstream_invalid: -31014,
  upstream_too_large: -31015,
  upstream_refused: -31016,
  upstream_auth: -31017,
};

interface Row {
  readonly says: string;
  readonly does: Behaviour;
  /** What the call fails with over HTTP; `right` when the client gets its answer. */
  readonly http: string;
  /** On a pipe; undefined where there is no such thing. */
  readonly pipe: string | undefined;
  /** Over HTTP+SSE, where it is not as on a pipe. */
  readonly sse?: string;
}

const bytes = 'x'.repeat(limits.answerBytesMax);
const RESULT = '"result":{"resultType":"complete","content":[{"type":"text","text":"right"}],"contents":[]}';

const ROWS: readonly Row[] = [
  { says: 'an error page', does: { html: true }, http: 'upstream_invalid', pipe: 'upstream_timeout' },
  { says: 'an answer with another id', does: { wrongId: true }, http: 'upstream_invalid', pipe: 'upstream_timeout' },
  { says: 'an answer twice', does: { twoAnswers: true }, http: 'right', pipe: 'right' },
  { says: 'half an answer', does: { truncated: true }, http: 'upstream_lost', pipe: 'upstream_lost' },
  { says: 'nothing, for ever', does: { hang: true }, http: 'upstream_timeout', pipe: 'upstream_timeout' },
  { says: 'an answer without an end', does: { endless: true }, http: 'upstream_too_large', pipe: 'upstream_too_large' },
  { says: 'the answer on a stream that stays open', does: { neverEnd: true }, http: 'right', pipe: undefined },
  { says: 'and goes away', does: { die: true }, http: 'upstream_lost', pipe: 'upstream_lost' },
  {
    says: 'nothing and 500',
    does: { status: 500 },
    http: 'upstream_refused',
    pipe: undefined,
    sse: 'upstream_refused',
  },
  {
    says: 'that it wants credentials',
    does: { status: 401 },
    http: 'upstream_auth',
    pipe: undefined,
    sse: 'upstream_auth',
  },
  {
    says: 'a redirect',
    does: { status: 302, headers: { location: '/' } },
    http: 'upstream_refused',
    pipe: undefined,
    sse: 'upstream_refused',
  },
  {
    says: '202 where an answer belongs',
    does: { status: 202 },
    http: 'upstream_invalid',
    pipe: undefined,
    sse: 'upstream_timeout',
  },
  { says: 'an empty stream', does: { sse: [] }, http: 'upstream_lost', pipe: undefined },
  { says: 'no JSON', does: { raw: '{"jsonrpc":"2.0","id":$ID,"result":' }, http: 'upstream_invalid', pipe: undefined },
  { says: 'words that are no JSON', does: { raw: 'ready.\n' }, http: 'upstream_invalid', pipe: 'upstream_timeout' },
  { says: 'two documents', does: answerOf(`${RESULT}}{"a":1`), http: 'upstream_invalid', pipe: 'upstream_invalid' },
  {
    says: 'result and error',
    does: answerOf(`${RESULT},"error":{"code":1,"message":""}`),
    http: 'upstream_invalid',
    pipe: 'upstream_invalid',
  },
  { says: 'neither result nor error', does: answerOf('"a":1'), http: 'upstream_invalid', pipe: 'upstream_timeout' },
  {
    says: 'bytes that are no UTF-8',
    does: { ...answerOf('"result":{"a":"\xff"}'), rawEncoding: 'latin1' },
    http: 'upstream_invalid',
    pipe: 'upstream_invalid',
  },
  {
    says: 'one byte too many',
    does: answerOf(`"result":{"a":"${bytes}"}`),
    http: 'upstream_too_large',
    pipe: 'upstream_too_large',
  },
  { says: 'a flood of notices first', does: { flood: 1_000 }, http: 'right', pipe: 'right' },
];

function answerOf(members: string): Behaviour {
  return { raw: `{"jsonrpc":"2.0","id":$ID,${members}}` };
}

describe('a server behind the gateway,', { concurrency: WAYS.length }, () => {
  for (const way of WAYS) {
    describe(`${way.server}, which says`, { concurrency: 1 }, () => {
      for (const { says, does, ...row } of ROWS) {
        const outcome = outcomeOf(row, way);
        if (outcome !== undefined) it(`${says}: ${outcome}`, () => tell(way, does, outcome));
      }
    });
  }
});

function outcomeOf({ http, pipe, sse }: Pick<Row, 'http' | 'pipe' | 'sse'>, { transport }: Way): string | undefined {
  if (transport === 'http') return http;
  return transport === 'sse' ? (sse ?? pipe) : pipe;
}

async function tell(way: Way, does: Behaviour, outcome: string): Promise<void> {
  const [client, other] = [await clientOf(way), await clientOf(way)];
  const alive = other.call('tools/call', { name: 'slow', arguments: { ms: 150 } });
  const called = toolFails(way, client, does, outcome);
  // One death at a time; everything else may go wrong at once.
  if (endsProcess(does)) await called;
  await Promise.all([called, readFails(way, client, does, outcome)]);
  if (endsAll(way, does)) assert.equal(failureOf((await alive).answer), 'upstream_lost');
  else assert.equal(textOf((await alive).answer), 'slept');
  assert.equal(textOf((await client.call('tools/call', ECHO)).answer), '{"n":1}');
}

async function toolFails(way: Way, client: Client, does: Behaviour, outcome: string): Promise<void> {
  const { answer, status } = await misbehaving(way, 'tools/call echo', does, () => client.call('tools/call', ECHO));
  assert.equal(status, 200);
  if (outcome === 'right') assert.equal(textOf(answer), '{"n":1}');
  else assert.deepEqual(failed(answer), [true, outcome, CODES[outcome]]);
  await recovered(way, client, does);
}

async function readFails(way: Way, client: Client, does: Behaviour, outcome: string): Promise<void> {
  const uri = 'scripted://text';
  const { answer } = await misbehaving(way, 'resources/read', does, () => client.call('resources/read', { uri }));
  if (outcome === 'right') assert.equal(at(answer, 'result', 'contents', 0, 'text'), `content of ${uri}`);
  else assert.equal(at(answer, 'error', 'code'), CODES[outcome], JSON.stringify(answer));
  await recovered(way, client, does);
}

const ECHO = { name: 'echo', arguments: { n: 1 } };

function failed(answer: RpcMessage | undefined): unknown[] {
  const isError = at(answer, 'result', 'isError');
  return [isError, failureOf(answer), at(answer, 'result', '_meta', 'io.gatewright/error', 'code')];
}

/** Misbehaves once. On a pipe a document of ours needs its line. */
async function misbehaving(way: Way, key: string, does: Behaviour, call: () => Promise<Reply>): Promise<Reply> {
  const { raw } = does;
  const asLine = raw !== undefined && way.transport === 'stdio' && !raw.endsWith('\n');
  const head = raw !== undefined && way.transport === 'http' ? { headers: { 'content-type': 'application/json' } } : {};
  await upOf(way).set(key, { ...does, ...(asLine ? { raw: `${raw}\n` } : {}), ...head });
  const reply = await call();
  // Also for the process that takes the place of one that died of it.
  await upOf(way).set(key, undefined);
  return reply;
}

/** Waits for the process that takes the place of one that died. */
async function recovered(way: Way, client: Client, does: Behaviour): Promise<void> {
  if (way.transport === 'http' || !endsProcess(does)) return;
  while (failureOf((await client.call('tools/call', { name: 'fail' })).answer) !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Whether the calls beside it end, too. */
function endsAll({ transport }: Way, does: Behaviour): boolean {
  if (transport === 'sse') return does.truncated === true || does.endless === true;
  return transport === 'stdio' && endsProcess(does);
}

function endsProcess({ die, truncated, endless }: Behaviour): boolean {
  return die === true || truncated === true || endless === true;
}
