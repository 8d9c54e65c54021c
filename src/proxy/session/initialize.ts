/*
 * Answers `initialize` (2025-11-25, Lifecycle) and opens the session that later requests name.
 *
 * The version answered is the client's when it is served, else our newest of that era; the client decides whether it can
 * live with it.
 */
import { type ClientFacts, credentialOf } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Reply } from '../../model/reply.ts';
import { isRevision, type Revision } from '../../model/revision.ts';
import { codecOf, SESSIONFUL } from '../../wire/codecs.ts';
import { memberOf, readValue } from '../../wire/json/members.ts';
import type { View } from '../policy/view.ts';
import { ownReply } from '../reply/encode.ts';
import { endpointFacts } from '../reply/endpoint-facts.ts';
import type { RoutedCall } from '../route/route.ts';
import { type ServeParts, settledView } from '../serve.ts';
import { fingerprintOf } from '../upstream/fingerprint.ts';

export async function initializeReply(call: RoutedCall, parts: ServeParts): Promise<Reply> {
  const { revision, client } = readInitialize(call);
  const view = await meetServer(call, parts, { revision, client });
  const facts = endpointFacts(view, { codec: codecOf(revision), capabilities: client.capabilities }, parts);
  const result = {
    protocolVersion: revision,
    capabilities: facts.capabilities,
    serverInfo: JSON.parse(facts.serverInfo),
    ...(facts.instructions === undefined ? {} : { instructions: facts.instructions }),
  };
  const { principal, endpoint, door } = call;
  const session = parts.sessions.open({ principal, endpoint, door, revision, client, credential: credentialOf(call) });
  return ownReply(call, JSON.stringify(result), ['mcp-session-id', session.id]);
}

/** A server's own endpoint says what the server says to clients of this era, so it is asked first. */
async function meetServer(
  call: RoutedCall,
  parts: ServeParts,
  { revision, client }: { revision: Revision; client: ClientFacts },
): Promise<View> {
  const view = await settledView(call, parts);
  const [only] = view.servers;
  if (view.endpoint.naming !== 'transparent' || !only) return view;
  const caller = { principal: call.principal, client, codec: codecOf(revision) };
  const upstream = parts.upstreams.of(only.definition.name);
  if (upstream) await call.cancellation.race(upstream.meet(caller));
  return settledView(call, parts);
}

function readInitialize(call: RoutedCall): { revision: Revision; client: ClientFacts } {
  const { bytes, params } = call.message;
  const version = params && memberOf(bytes, params.self, 'protocolVersion')?.value;
  const wanted = version && readValue(bytes, version);
  if (typeof wanted !== 'string') {
    throw new GatewayError('params_invalid', { say: 'params.protocolVersion must be a string.' });
  }
  const revision = isRevision(wanted) && SESSIONFUL.includes(wanted) ? wanted : (SESSIONFUL[0] as Revision);
  // Tasks of 2025-11-25 are not carried, so no server hears that this client could follow them.
  const { tasks: _, ...able } = objectOf(call, 'capabilities') ?? {};
  const capabilities = interned(able);
  const about = objectOf(call, 'clientInfo');
  const info = about && interned(about);
  return { revision, client: { capabilities, fingerprint: fingerprintOf(capabilities), info, logLevel: undefined } };
}

function objectOf(call: RoutedCall, key: string): Readonly<Record<string, unknown>> | undefined {
  const { bytes, params } = call.message;
  const span = params && memberOf(bytes, params.self, key)?.value;
  if (!span) return undefined;
  if (bytes[span.start] !== 0x7b) throw new GatewayError('params_invalid', { say: `params.${key} must be an object.` });
  return readValue(bytes, span) as Readonly<Record<string, unknown>>;
}

/**
 * Compact text, so that two clients that say the same share what is keyed by it. Ten thousand sessions of one client
 * program keep one copy of what it said.
 */
const TEXTS_MAX = 1_000;
const texts = new Map<string, string>();
function interned(value: object): string {
  const text = JSON.stringify(value);
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size >= TEXTS_MAX) texts.clear();
  texts.set(text, text);
  return text;
}
