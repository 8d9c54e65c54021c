/*
 * Messages, calls, lists and servers made by hand, for tests that hold one ring or one part alone. Messages go through
 * the real scanners, so that no test speaks of one that could not exist.
 */

import { NO_ACCESS_RULES } from '../../src/model/access.ts';
import {
  type Call,
  type ClientFacts,
  LOCAL_REQUEST,
  type MeteredCall,
  type Permit,
  type Target,
} from '../../src/model/call.ts';
import { Cancellation } from '../../src/model/cancellation.ts';
import type { Entry, EntryKind, EntryList, HeaderParam } from '../../src/model/catalogue.ts';
import { NO_IDENTITY } from '../../src/model/identity.ts';
import { defaultLimits, type Limits } from '../../src/model/limits.ts';
import type { Message } from '../../src/model/message.ts';
import { NO_OVERLAY } from '../../src/model/overlay.ts';
import { NO_PEOPLE } from '../../src/model/people.ts';
import { DEFAULT_ORGANISATION, LOCAL_USER } from '../../src/model/principal.ts';
import type { EndpointDefinition, ServerDefinition, Snapshot, ToolFilter } from '../../src/model/snapshot.ts';
import type { RequestAbout } from '../../src/proxy/policy/decision.ts';
import { LIST_SHAPES } from '../../src/proxy/upstream/read-lists.ts';
import { memberOf } from '../../src/wire/json/members.ts';
import { scanAnswer } from '../../src/wire/json/scan-answer.ts';
import { scanCall } from '../../src/wire/json/scan-call.ts';
import { resourcesInTool } from '../../src/wire/named-resources.ts';

/** What a client sends, read strictly. */
export function sentMessage(said: object | string): Message {
  const scan = scanCall(textOf(said), { depthMax: 64, keysMax: 10_000 });
  if (!scan.ok) throw new Error(`no call: ${scan.why}`);
  return scan.message;
}

/** What a server says, read structurally. */
export function heardMessage(said: object | string): Message {
  const scan = scanAnswer(textOf(said), { depthMax: 64 });
  if (!scan.ok) throw new Error(`no answer: ${scan.why}`);
  return scan.message;
}

function textOf(said: object | string): Buffer {
  return Buffer.from(typeof said === 'string' ? said : JSON.stringify({ jsonrpc: '2.0', ...said }));
}

/** Of a request about which nothing is said. */
export const anyRequest = (): RequestAbout => ({
  request: LOCAL_REQUEST,
  door: 'mcp-http',
  revision: '2025-11-25',
  method: 'tools/list',
  nowMs: 0,
});

export const NO_CLIENT: ClientFacts = { capabilities: '{}', fingerprint: '', info: undefined, logLevel: undefined };

export interface MadeCall extends MeteredCall {
  readonly serverHeaders: readonly string[];
  /** What went to the client on the call's own stream. */
  readonly notified: string[];
}

/** A call that has passed every ring, about nothing unless `change` says so. */
export function madeCall(said: object | string, change: Partial<MeteredCall> = {}): MadeCall {
  const notified: string[] = [];
  return {
    door: 'mcp-http',
    endpoint: 'srv',
    verdict: { principal: LOCAL_USER, request: LOCAL_REQUEST },
    revision: '2025-11-25',
    message: sentMessage(said),
    client: NO_CLIENT,
    outlet: { notify: (bytes) => notified.push(bytes.toString()), ask: undefined },
    cancellation: new Cancellation(),
    paramHeaders: [],
    sessionId: '',
    principal: LOCAL_USER,
    permit: { rule: 'test', filtered: false } as Permit,
    endpointDefinition: {
      name: 'srv',
      naming: 'transparent',
      separator: '__',
      organisation: 'default',
      scopesSupported: [],
      servers: ['srv'],
    },
    target: undefined,
    timer: { touch: () => {}, hold: () => () => {} },
    serverHeaders: [],
    ...change,
    notified,
  };
}

/** A call as the door made it: nothing learnt yet. */
export function freshCall(said: object | string, change: Partial<Call> = {}): Call {
  const { door, endpoint, verdict, revision, message, client, outlet } = madeCall(said);
  const cancellation = new Cancellation();
  return {
    ...{ door, endpoint, verdict, revision, message, client, outlet, cancellation },
    ...{ paramHeaders: [], sessionId: '' },
    ...change,
  };
}

export function targetOf(kind: EntryKind, key: string, headerParams: readonly HeaderParam[] = []): Target {
  return { kind, server: 'srv', key, headerParams, outputWrapped: false };
}

export function madeServer(name: string, change: Partial<ServerDefinition> = {}): ServerDefinition {
  return {
    name,
    title: undefined,
    transport: { kind: 'http', url: 'http://127.0.0.1:1/', headers: {}, trusted: true, orSse: false },
    tools: { allow: undefined, block: [] },
    revision: undefined,
    shared: false,
    repeatCalls: 'never',
    organisation: DEFAULT_ORGANISATION,
    owner: undefined,
    visibility: 'private',
    limits: defaultLimits(),
    ...change,
  };
}

export function filtered(name: string, tools: Partial<ToolFilter>): ServerDefinition {
  return madeServer(name, { tools: { allow: undefined, block: [], ...tools } });
}

/** Transparent unless `change` says so. */
export function madeEndpoint(name: string, change: Partial<EndpointDefinition> = {}): EndpointDefinition {
  return {
    ...{ name, naming: 'transparent', separator: '__', organisation: 'default', scopesSupported: [], servers: [name] },
    ...change,
  };
}

/** Each server behind its own endpoint, and all of them behind the default one. */
export function madeSnapshot(servers: readonly ServerDefinition[], change: Partial<Snapshot> = {}): Snapshot {
  const names = servers.map(({ name }) => name);
  const endpoints = [
    madeEndpoint('', { naming: 'prefixed', servers: names }),
    ...names.map((name) => madeEndpoint(name, { servers: [name] })),
  ];
  return {
    version: 1,
    servers: new Map(servers.map((server) => [server.name, server])),
    endpoints: new Map(endpoints.map((endpoint) => [endpoint.name, endpoint])),
    identity: NO_IDENTITY,
    access: NO_ACCESS_RULES,
    people: NO_PEOPLE,
    overlay: NO_OVERLAY,
    egress: [],
    trustedProxies: [],
    limits: defaultLimits(),
    publicUrl: undefined,
    allowedHosts: [],
    allowedOrigins: [],
    ...change,
  };
}

export function limitsWith(change: Partial<Limits>): Limits {
  return { ...defaultLimits(), ...change };
}

export function madeList(kind: EntryKind, keys: readonly string[], hint: Partial<EntryList['hint']> = {}): EntryList {
  const entries = keys.map((key) => madeEntry(kind, { [LIST_SHAPES[kind].key]: key }));
  return {
    entries,
    byKey: new Map(entries.map((entry) => [entry.key, entry])),
    hint: { ttlMs: 0, scope: 'private', ...hint },
  };
}

export function madeEntry(kind: EntryKind, said: Readonly<Record<string, unknown>>): Entry {
  const bytes = Buffer.from(JSON.stringify(said));
  const name = LIST_SHAPES[kind].key;
  const keySpan = memberOf(bytes, { start: 0, end: bytes.length }, name)?.value;
  if (!keySpan) throw new Error(`an entry without ${name}`);
  return {
    key: String(said[name]),
    bytes,
    keySpan,
    headerParams: [],
    links: kind === 'tools' ? resourcesInTool(bytes) : [],
    outputWrapped: false,
    older: [],
  };
}

export const lists = (change: Partial<Record<EntryKind, EntryList>>): Record<EntryKind, EntryList> => ({
  tools: madeList('tools', []),
  prompts: madeList('prompts', []),
  resources: madeList('resources', []),
  templates: madeList('templates', []),
  ...change,
});

/** The code of the GatewayError that `run` throws, or `nothing`. */
export function codeThrown(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    return codeOf(thrown);
  }
  return 'nothing';
}

export async function codeRejected(promise: Promise<unknown>): Promise<string> {
  return promise.then(() => 'nothing', codeOf);
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
}
