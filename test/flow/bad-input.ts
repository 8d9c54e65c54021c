/*
 * What every story of bad input needs: the ways in which a client of each era reaches a server of each era, one good
 * message to spoil, and what a good refusal looks like.
 */
import assert from 'node:assert/strict';
import { ROUTES, type Route } from '../../src/proxy/doors/routes.ts';
import { isObject, parseObject } from '../rig/json-rpc.ts';
import { RawConnection, type RawResponse } from '../rig/raw-request.ts';
import { MODERN, type Revision } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { openStage, type Stage, type StageOptions } from './stage.ts';

const paths = (fits: (route: Route) => boolean): readonly string[] =>
  Object.values<Route>(ROUTES).flatMap((route) =>
    fits(route) ? route.paths.map((path) => path.replace('{endpoint}', 'new')) : [],
  );
/** Every path that is answered with a credential alone, with `new` for an endpoint. */
export const GUARDED_PATHS = paths(({ isPublic }) => isPublic === undefined);
/** Every path that is answered for a Host of ours alone. */
export const HOST_PATHS = paths(({ isProbe }) => isProbe === undefined);
export const PROBE_PATHS = paths(({ isProbe }) => isProbe === true);

export type Headers = readonly (readonly [string, string])[];

export interface Play {
  readonly stage: Stage;
  /** Requests that reached a server and were no list of the gateway's own. */
  reached(): number;
  /** How many of them had this in them. */
  reachedWith(text: string): number;
}

/** A gateway before one server of each era. */
export async function openPlay(options: StageOptions = {}): Promise<Play> {
  const servers = {
    old: await startScripted({ revision: '2025-11-25', transport: 'http' }),
    new: await startScripted({ revision: MODERN, transport: 'http' }),
  };
  const entries = { new: { tools: { block: ['fail'] } }, old: { tools: { block: ['fail'] } }, ...options.entries };
  // Strangers knock here without end, and are to be judged each time.
  const limits = { failedAuthenticationsMax: 1_000_000, ...(options.config?.limits as object | undefined) };
  const stage = await openStage(servers, { ...options, entries, config: { ...options.config, limits } });
  const arrived = () =>
    [...servers.old.received.all, ...servers.new.received.all].filter(({ method }) => !method.endsWith('/list'));
  return {
    stage,
    reached: () => arrived().length,
    reachedWith: (text) => arrived().filter(({ body }) => body.includes(text)).length,
  };
}

export interface Way {
  readonly revision: Revision;
  /** `''` is the endpoint with all servers. */
  readonly endpoint: string;
}

/** Every era of client; the first and the last of them also before a server of the other era and before both. */
export const WAYS: readonly Way[] = [
  { revision: MODERN, endpoint: 'new' },
  { revision: MODERN, endpoint: 'old' },
  { revision: MODERN, endpoint: '' },
  { revision: '2025-11-25', endpoint: 'old' },
  { revision: '2025-11-25', endpoint: 'new' },
  { revision: '2025-11-25', endpoint: '' },
  { revision: '2025-06-18', endpoint: 'old' },
  { revision: '2025-03-26', endpoint: 'old' },
  { revision: '2024-11-05', endpoint: 'old' },
];

/** A client of one way, on one connection. */
export interface Client extends Way {
  readonly title: string;
  readonly isModern: boolean;
  readonly path: string;
  readonly tool: string;
  /** A call of `echo` with `{"n":1}` that would reach the server. */
  readonly message: string;
  readonly headers: Headers;
  /** A request that the gateway answers itself. */
  readonly own: { readonly body: string; readonly headers: Headers };
  connection: RawConnection;
}

export function titleOf({ revision, endpoint }: Way): string {
  return `a ${revision} client at /mcp${endpoint === '' ? '' : `/${endpoint}`}`;
}

export const ID = 7;
export const MEDIA: Headers = [
  ['Content-Type', 'application/json'],
  ['Accept', 'application/json, text/event-stream'],
];

export async function openClient({ stage }: Play, way: Way, more: Headers = []): Promise<Client> {
  const { revision, endpoint } = way;
  const isModern = revision === MODERN;
  const path = `/mcp${endpoint === '' ? '' : `/${endpoint}`}`;
  const tool = endpoint === '' ? 'old__echo' : 'echo';
  const connection = await RawConnection.open(stage.gateway.port);
  stage.onClose(() => connection.close());
  const base = [...MEDIA, ...more];
  const session = isModern ? [] : await openSession(connection, path, revision, base);
  const headersFor = (method: string, name: Headers) => modernHeaders(isModern, method, name);
  const meta = isModern ? ENVELOPE : '"_meta":{"mark":1}';
  const message = `{"jsonrpc":"2.0","id":${ID},"method":"tools/call","params":{"name":"${tool}","arguments":{"n":1},${meta}}}`;
  const own = isModern ? 'server/discover' : 'ping';
  return {
    ...{ ...way, title: titleOf(way), isModern, path, tool, message, connection },
    headers: [...base, ...session, ...headersFor('tools/call', [['Mcp-Name', tool]])],
    own: {
      body: `{"jsonrpc":"2.0","id":"own","method":"${own}","params":{${meta}}}`,
      headers: [...base, ...session, ...headersFor(own, [])],
    },
  };
}

const PREFIX = 'io.modelcontextprotocol/';
const ENVELOPE = `"_meta":{"${PREFIX}protocolVersion":"${MODERN}","${PREFIX}clientCapabilities":{}}`;

function modernHeaders(isModern: boolean, method: string, name: Headers): Headers {
  return isModern ? [['MCP-Protocol-Version', MODERN], ['Mcp-Method', method], ...name] : [];
}

async function openSession(
  connection: RawConnection,
  path: string,
  revision: Revision,
  base: Headers,
): Promise<Headers> {
  const params = `{"protocolVersion":"${revision}","capabilities":{},"clientInfo":{"name":"raw","version":"1"}}`;
  const body = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":${params}}`;
  const id = (await connection.send({ path, headers: base, body })).header('mcp-session-id') ?? '';
  const headers: Headers = [['Mcp-Session-Id', id]];
  const said = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
  await connection.send({ path, headers: [...base, ...headers], body: said });
  return revision >= '2025-06-18' ? [...headers, ['MCP-Protocol-Version', revision]] : headers;
}

/** HTTP status and, for an error, its JSON-RPC code. */
export type Expected = readonly [status: number, code?: number];

/** The refusal is the expected one, neutral, and names no other request than ours. */
export function assertRefused(response: RawResponse, [status, code]: Expected): void {
  const said = `${response.status} ${response.body}`;
  assert.equal(response.status, status, said);
  assert.equal(response.header('content-type'), 'application/json', said);
  const message = parseObject(response.body);
  const error = message?.error;
  assert.ok(message && isObject(error), said);
  assert.equal(error.code, code, said);
  assert.deepEqual(
    Object.keys(message).filter((key) => !['jsonrpc', 'id', 'error'].includes(key)),
    [],
  );
  assert.deepEqual(
    Object.keys(error).filter((key) => !['code', 'message', 'data'].includes(key)),
    [],
  );
  assert.ok(message.id === undefined || message.id === ID, said);
  assert.match(String(error.message), /^[ -~]{1,200}$/);
  assert.doesNotMatch(`${response.body} ${JSON.stringify(response.headers)}`, TRACES);
}

/** What a stranger could learn about the inside: a stack, a file, a module, an address, a class of error. */
const TRACES =
  /\bat \S+ \(|\.[tj]s\b|node:|node_modules|src\/|undici|127\.0\.0\.1|localhost|[A-Za-z]Error\b|x-powered-by/i;

/** The client's connection carries one more request, or it has ended as it should and is opened anew. */
export async function assertUsable(client: Client, ended = false): Promise<void> {
  if (ended) {
    const { remotePort = 0 } = client.connection.socket;
    await client.connection.closed();
    client.connection.close();
    client.connection = await RawConnection.open(remotePort);
  }
  const { status, body } = await client.connection.send({ path: client.path, ...client.own });
  assert.equal(status, 200, body);
  assert.equal(parseObject(body)?.id, 'own');
}

/** `headers` with some replaced; an undefined value leaves the field out. */
export function withHeaders(headers: Headers, changes: Readonly<Record<string, string | undefined>>): Headers {
  const changed = new Map(Object.entries(changes).map(([name, value]) => [name.toLowerCase(), [name, value] as const]));
  const kept = headers.filter(([name]) => !changed.has(name.toLowerCase()));
  const added = [...changed.values()].flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return [...kept, ...added];
}
