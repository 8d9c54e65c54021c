/*
 * No credential of a caller leaves the gateway (invariant I3; vector A-T05): a hundred calls with each kind of credential,
 * over each door, to servers of every era and transport; then every byte that went to a server is searched, and everything
 * that the gateway has written down or said.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { SignJWT } from 'jose';
import { openStage, type Scripted, type Stage } from '../flow/stage.ts';
import { nowSeconds, startIssuer } from '../rig/issuer.ts';
import { type RpcMessage, resultOf } from '../rig/json-rpc.ts';
import { CLIENT_INFO, legacyClient, modernClient } from '../rig/raw-client.ts';
import { type RecordingRelay, startRelay } from '../rig/recording-relay.ts';
import { type JsonObject, MODERN } from '../rig/scripted-script.ts';
import { type ScriptedHttpUpstream, startScripted } from '../rig/scripted-upstream.ts';
import { sseClient } from '../rig/sse-client.ts';

const CALLS_PER_KIND = 100;
/** Runs that are looked for, and how far apart they begin: whatever is as long as both together has one in it. */
const FRAGMENT_LENGTH = 12;
const FRAGMENT_STEP = 4;

const secret = () => randomBytes(24).toString('hex');
const secrets = {
  bearer: secret(),
  apiKeyHeader: secret(),
  query: secret(),
  ownKey: secret(),
  cookie: secret(),
  wrong: secret(),
  fromEnvironment: secret(),
  opaque: secret(),
  signed: '',
};
const signingSecret = secret();
const AUDIENCE = 'everything here';
secrets.signed = await new SignJWT({ sub: 'ann', scope: secret() })
  .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
  .setIssuer('https://signs.test')
  .setAudience(AUDIENCE)
  .setExpirationTime('1h')
  .sign(Buffer.from(signingSecret));
/** Is asked about tokens, as it must be; it is no server. */
const issuer = await startIssuer();
issuer.answers.set('/introspect', { body: { active: true, sub: 'ann', aud: AUDIENCE, exp: nowSeconds() + 3600 } });
const gatewayKey = `gwk_laptop01_${secrets.ownKey}`;

interface Kind {
  readonly sentence: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query?: string;
}

const KINDS: readonly Kind[] = [
  { sentence: 'a bearer token', headers: { authorization: `Bearer ${secrets.bearer}` } },
  { sentence: 'a token in X-API-Key', headers: { 'x-api-key': secrets.apiKeyHeader } },
  { sentence: 'an API key', headers: { authorization: `Bearer ${gatewayKey}` } },
  { sentence: 'a signed token', headers: { authorization: `Bearer ${secrets.signed}` } },
  { sentence: 'a token that says nothing', headers: { authorization: `Bearer ${secrets.opaque}` } },
  { sentence: 'a token in the query', headers: {}, query: `token=${secrets.query}` },
  {
    sentence: 'a cookie beside a token, and fields that servers believe elsewhere',
    headers: {
      authorization: `Bearer ${secrets.fromEnvironment}`,
      cookie: `session=${secrets.cookie}`,
      'proxy-authorization': `Basic ${secrets.cookie}`,
      'x-forwarded-user': secrets.cookie,
      'x-auth-token': secrets.cookie,
      traceparent: `00-${secrets.cookie.slice(0, 32)}-${secrets.cookie.slice(32, 48)}-01`,
    },
  },
];

const upstreams = {
  modern: await startScripted({ revision: MODERN, transport: 'http' }),
  legacy: await startScripted({ revision: '2025-11-25', transport: 'http' }),
  sse: await startScripted({ revision: '2024-11-05', transport: 'sse' }),
  broken: await startScripted({ revision: '2025-11-25', transport: 'http' }),
};
const pipes = { piped: await startScripted({ revision: '2025-06-18', transport: 'stdio' }) };
const all: Readonly<Record<string, Scripted>> = { ...upstreams, ...pipes };
const SERVERS = ['modern', 'legacy', 'sse', 'piped'];
const DOORS = ['2026-07-28', '2025-11-25', 'HTTP+SSE'] as const;

const relays: Record<string, RecordingRelay> = {};
for (const [name, { port }] of Object.entries(upstreams)) relays[name] = await startRelay(port);
const through = (name: keyof typeof upstreams, path: string) => ({
  url: `http://127.0.0.1:${relays[name]?.port}${path}`,
});

const dataDir = mkdtempSync(join(tmpdir(), 'gatewright-outbound-'));
const stage = await openStage(all, {
  entries: {
    modern: through('modern', '/mcp'),
    legacy: through('legacy', '/mcp'),
    sse: { ...through('sse', '/sse'), type: 'sse' },
    broken: through('broken', '/mcp'),
  },
  config: {
    auth: {
      queryToken: true,
      tokens: [
        { name: 'one', token: secrets.bearer },
        { name: 'two', token: secrets.apiKeyHeader },
        { name: 'three', token: secrets.query },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration file
        { name: 'four', token: '${INBOUND_TOKEN}' },
      ],
      issuers: [
        { issuer: 'https://signs.test', secrets: [signingSecret], audiences: [AUDIENCE], grants: 'all' },
        {
          ...{ issuer: issuer.url, audiences: [AUDIENCE], grants: 'all' },
          introspection: { clientId: 'gateway', clientSecret: secret() },
        },
      ],
      keys: [
        { id: 'laptop01', name: 'Laptop', hash: createHash('sha256').update(gatewayKey).digest('hex'), grants: 'all' },
      ],
    },
  },
  gateway: {
    args: ['--log-level', 'debug'],
    env: { GATEWRIGHT_DATA_DIR: dataDir, INBOUND_TOKEN: secrets.fromEnvironment },
  },
});
after(async () => {
  await stage.close();
  for (const relay of Object.values(relays)) await relay.close();
  await issuer.close();
  rmSync(dataDir, { recursive: true, force: true });
});

type Call = (method: string, params: JsonObject) => Promise<RpcMessage | undefined>;

async function clientAt(stage: Stage, door: (typeof DOORS)[number], server: string, kind: Kind): Promise<Call> {
  const query = kind.query === undefined ? '' : `?${kind.query}`;
  const options = { headers: kind.headers };
  if (door === 'HTTP+SSE') return overSse(`${stage.gateway.url}/sse/${server}${query}`, kind);
  if (door === '2026-07-28') {
    const client = modernClient(stage.url(server) + query, options);
    stage.onClose(() => client.close());
    return async (method, params) => (await client.call(method, params)).answer;
  }
  const client = legacyClient(stage.url(server) + query, door, options);
  stage.onClose(() => client.close());
  await client.initialize();
  return async (method, params) => (await client.call(method, params)).answer;
}

/** A client with its token in the query has to put it into the address that it is told to post to, too. */
async function overSse(url: string, { headers, query }: Kind): Promise<Call> {
  const client = sseClient(url, { headers });
  stage.onClose(() => client.close());
  await client.open();
  if (query !== undefined) client.endpoint += `&${query}`;
  await client.call('initialize', { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: CLIENT_INFO });
  await client.notify('notifications/initialized');
  return (method, params) => client.call(method, params);
}

let turn = 0;
/** What a client asks for, in turn; not all of it is there. */
async function useOnce(call: Call): Promise<void> {
  turn += 1;
  const echo = { name: 'echo', arguments: { text: `call ${turn}` } };
  const wishes: readonly [string, JsonObject][] = [
    ['tools/call', echo],
    ['tools/list', {}],
    ['resources/list', {}],
    ['prompts/list', {}],
    ['tools/call', { ...echo, _meta: { progressToken: turn } }],
    ['tools/call', { name: 'nothing', arguments: {} }],
  ];
  const [method, params] = wishes[turn % wishes.length] ?? wishes[0] ?? ['ping', {}];
  assert.ok(await call(method, params), `${method} has an answer`);
}

describe('a hundred calls', () => {
  for (const kind of KINDS) {
    it(`with ${kind.sentence} are answered over every door by servers of every era`, async () => {
      const pairs = DOORS.flatMap((door) => SERVERS.map((server) => ({ door, server })));
      const each = Math.ceil(CALLS_PER_KIND / pairs.length);
      for (const { door, server } of pairs) {
        const call = await clientAt(stage, door, server, kind);
        const echoed = await call('tools/call', { name: 'echo', arguments: { text: `${door} ${server}` } });
        assert.ok(JSON.stringify(echoed).includes(`${door} ${server}`), `${door} ${server}: ${JSON.stringify(echoed)}`);
        for (let done = 1; done < each; done++) await useOnce(call);
      }
    });
  }

  it('go wrong in every way, too: refused credentials, servers that fail', async () => {
    const refused = [
      { authorization: `Bearer ${secrets.wrong}` },
      { authorization: `Basic ${secrets.wrong}` },
      { authorization: secrets.wrong },
      { authorization: `Bearer ${secrets.wrong} ${secrets.wrong}` },
      { 'x-api-key': secrets.wrong },
      { 'x-api-key': `gwk_laptop01_${secrets.wrong}` },
      { authorization: `Bearer ${secrets.bearer}`, 'x-api-key': secrets.apiKeyHeader },
    ];
    issuer.answers.set('/introspect', { body: { active: false } });
    for (const headers of refused) assert.equal(await statusOf('/mcp/modern', headers), 401, JSON.stringify(headers));
    assert.equal(await statusOf(`/mcp/modern?token=${secrets.wrong}`, {}), 401);
    const known = { authorization: `Bearer ${secrets.bearer}` };
    assert.equal(await statusOf(`/nothing?token=${secrets.bearer}`, known), 404);
    const broken = upstreams.broken;
    const call = await clientAt(stage, '2026-07-28', 'broken', { sentence: '', headers: known });
    for (const behaviour of [
      { status: 500 },
      { status: 401 },
      { html: true },
      { die: true },
      { wrongId: true, hang: false },
    ]) {
      await broken.set('tools/call', { ...behaviour, times: 1 });
      await call('tools/call', { name: 'echo', arguments: { text: 'broken' } });
    }
  });
});

async function statusOf(path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const accept = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
  const response = await fetch(stage.gateway.url + path, { method: 'POST', headers: { ...accept, ...headers }, body });
  answers.push(`${JSON.stringify([...response.headers])} ${await response.text()}`);
  return response.status;
}
const answers: string[] = [];

describe('afterwards no part of a credential is', () => {
  for (const name of Object.keys(upstreams)) {
    it(`in what went to the server "${name}"`, () => {
      const { bytes } = relays[name] ?? assert.fail();
      assert.ok(bytes.includes('tools/call') && bytes.includes('user-agent: gatewright'), 'calls went this way');
      assertClean(bytes, name);
    });
  }

  it('in what went through a pipe, nor in the environment and the arguments of the process behind it', () => {
    const received = Buffer.concat(pipes.piped.received.all.map(({ body }) => body));
    assert.ok(received.includes('tools/call'));
    assertClean(received, 'stdin');
    assert.ok(pipes.piped.pids.length > 0);
    if (process.platform !== 'linux') return;
    for (const pid of pipes.piped.pids.filter(isAlive))
      for (const file of ['environ', 'cmdline'])
        assertClean(readFileSync(`/proc/${pid}/${file}`), `${file} of a child`);
  });

  it('among the header fields of a request: they are those of HTTP and of MCP', () => {
    const received = Object.values<ScriptedHttpUpstream>(upstreams).flatMap((server) => server.received.all);
    const names = received.flatMap(({ rawHeaders }) => rawHeaders.filter((_, at) => at % 2 === 0));
    const fields = new Set(names.map((name) => name.toLowerCase()));
    const known = ['accept', 'connection', 'content-length', 'content-type', 'host', 'user-agent'];
    const strays = [...fields].filter((field) => !known.includes(field) && !field.startsWith('mcp-'));
    assert.deepEqual(strays, []);
  });

  it('in the log, at its most talkative', () => {
    const log = stage.gateway.stderr();
    assert.ok(log.includes('"level"') && log.length > 10_000, 'the log is talkative');
    assertClean(Buffer.from(log), 'the log');
    assertClean(Buffer.from(JSON.stringify(stage.gateway.said)), 'what the command line says');
  });

  it('in the counters', async () => {
    const headers = { authorization: `Bearer ${secrets.bearer}` };
    const text = await (await fetch(`${stage.gateway.url}/metrics`, { headers })).text();
    assert.match(text, /gatewright_calls_total|gatewright_/);
    assertClean(Buffer.from(text), 'the counters');
  });

  it('in an answer to whoever was refused', () => {
    assert.ok(answers.length > 8);
    assertClean(Buffer.from(answers.join('\n')), 'the answers');
  });

  it('in any file of the data folder', () => {
    const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    assert.ok(files.some(({ name }) => name === 'run.json') && files.length > 4, files.map(({ name }) => name).join());
    for (const { parentPath, name } of files) assertClean(readFileSync(join(parentPath, name)), name);
  });

  it('overlooked: the search finds each of them where it is', () => {
    for (const [name, text] of Object.entries(secrets)) {
      for (const hidden of [text, text.slice(5, 21), Buffer.from(`x${text}`).toString('base64'), text.toUpperCase()])
        assert.throws(() => assertClean(Buffer.from(`before ${hidden} behind`), 'a planted one'), name);
    }
    assertClean(Buffer.from(JSON.stringify(resultOf(1, {}))), 'nothing');
  });
});

function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`).length > 0;
  } catch {
    return false;
  }
}

/** Runs of letters of all secrets, as they are and as base64 at each of its three alignments. */
const fragments = Object.entries(secrets).flatMap(([name, text]) => {
  const forms = [text, ...[0, 1, 2].map((skip) => encoded(text, skip))].map((form) => form.toLowerCase());
  return forms.flatMap((form) => runsOf(form).map((run) => ({ name, run })));
});

function runsOf(form: string): string[] {
  const runs: string[] = [];
  for (let at = 0; at + FRAGMENT_LENGTH <= form.length; at += FRAGMENT_STEP)
    runs.push(form.slice(at, at + FRAGMENT_LENGTH));
  return runs;
}

/** Without the letters on either side that depend on what stands beside it. */
function encoded(text: string, skip: number): string {
  return Buffer.from(text.slice(skip)).toString('base64').slice(0, -4);
}

function assertClean(bytes: Buffer, where: string): void {
  const text = bytes.toString('latin1').toLowerCase();
  for (const { name, run } of fragments) {
    const at = text.indexOf(run);
    if (at >= 0) assert.fail(`"${name}" stands in ${where}: …${text.slice(Math.max(0, at - 80), at + 60)}…`);
  }
}
