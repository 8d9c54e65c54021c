/*
 * Finds out which revision a server speaks and opens the conversation (MCP 2026-07-28, Versioning › Backward
 * Compatibility).
 *
 *   server/discover ──▶ DiscoverResult            → the newest revision both know
 *                   ──▶ "not this version, but …" → once more, when what it names is known here
 *                   ──▶ any other refusal        → initialize
 *                   ──▶ 401, 403, 5xx, unreachable → no evidence of any era: fail and try again later
 *
 * A process that says nothing may be a legacy one that ignores the question, or one that is still on its way up. It is
 * asked to initialize, too. One that then answers both would have spoken the newer revision to a more patient gateway.
 *
 * A pinned or remembered revision skips the question.
 */
import { Cancellation } from '../../model/cancellation.ts';
import type { CacheHint } from '../../model/catalogue.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import { isRevision, type Revision } from '../../model/revision.ts';
import { cacheHintOf } from '../../wire/cache-hint.ts';
import { META } from '../../wire/codec.ts';
import { codecOf, SELF_DESCRIBING, SESSIONFUL } from '../../wire/codecs.ts';
import { readValue } from '../../wire/json/members.ts';

/** What the gateway tells a server about the client it speaks for. */
export interface Offer {
  /** JSON text. */
  readonly capabilities: string;
  /** JSON text of an `Implementation` object. */
  readonly info: string;
}

export interface Handshake {
  readonly revision: Revision;
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** JSON text. */
  readonly serverInfo: string;
  readonly instructions: string | undefined;
  /** How long all this is good; undefined where the revision has no such thing. */
  readonly hint?: CacheHint;
  /** Also spoken, when nothing but this is said to the server from its start. */
  readonly newer?: Revision;
  /** Minted by a legacy server over HTTP. */
  readonly sessionId: string | undefined;
}

export interface Asked {
  readonly message: Message;
  readonly sessionId: string | undefined;
}

/** Sends one request of our own and gives its answer. */
export type Ask = (
  method: string,
  params: string,
  options: { readonly headers?: readonly string[]; readonly cancellation?: Cancellation },
) => Promise<Asked>;

export interface Silence {
  /** Resolves when it has lasted too long. */
  readonly heard: Promise<void>;
  readonly stop: () => void;
}

export interface HandshakeParts {
  readonly ask: Ask;
  readonly offer: Offer;
  readonly known: Revision | undefined;
  /** How silent a process may be; undefined where silence means nothing. */
  readonly silence: (() => Silence) | undefined;
}

export async function shakeHands(parts: HandshakeParts): Promise<Handshake> {
  if (parts.known && codecOf(parts.known).era === 'legacy') return initialize(parts);
  if (parts.silence && !parts.known) return shakeWithProcess(parts, parts.silence());
  const found = await discover(parts);
  if (found) return found;
  if (parts.known) throw new GatewayError('upstream_invalid', { internal: { pinned: parts.known } });
  return initialize(parts);
}

async function shakeWithProcess(parts: HandshakeParts, silence: Silence): Promise<Handshake> {
  const discovering = { cancellation: new Cancellation() };
  const found = discover(parts, discovering);
  const answered = found.then(
    () => true,
    () => true,
  );
  const spoke = await Promise.race([answered, silence.heard.then(() => false)]).finally(silence.stop);
  if (spoke) return (await found) ?? initialize(parts);
  return afterSilence(parts, found).finally(() => discovering.cancellation.cancel(new GatewayError('call_cancelled')));
}

/** What it says to `initialize` counts, for that was said last; but a server that knows both is better spoken to newly. */
async function afterSilence(parts: HandshakeParts, found: Promise<Handshake | undefined>): Promise<Handshake> {
  let newer: Handshake | undefined;
  const late = found.then((handshake) => {
    newer = handshake;
  });
  late.catch(() => {});
  try {
    const handshake = await initialize(parts);
    return newer ? { ...handshake, newer: newer.revision } : handshake;
  } catch (thrown) {
    if (newer) return newer;
    throw thrown;
  }
}

interface AskEnd {
  readonly cancellation?: Cancellation;
}

const [NEWEST] = SELF_DESCRIBING;
const [NEWEST_SESSIONFUL] = SESSIONFUL;

async function discover(parts: HandshakeParts, options: AskEnd = {}): Promise<Handshake | undefined> {
  const revision = NEWEST as Revision;
  let answer = await askDiscover(parts, revision, options);
  if (answer && offersInstead(answer, revision)) answer = await askDiscover(parts, revision, options);
  if (answer?.kind !== 'result' || !answer.outcome) return undefined;
  const result = readValue(answer.bytes, answer.outcome) as Record<string, unknown>;
  if (!listOf(result.supportedVersions).includes(revision)) return undefined;
  const meta = (result._meta ?? {}) as Record<string, unknown>;
  const about = handshakeOf(result, { revision, serverInfo: meta[`${META}serverInfo`], sessionId: undefined });
  return { ...about, hint: cacheHintOf(answer.bytes, answer.outcome) };
}

/** A server that refuses a version says which ones it serves, and whoever serves a newer one is newer (Versioning). */
function offersInstead({ kind, bytes, outcome }: Message, revision: Revision): boolean {
  if (kind !== 'error' || !outcome) return false;
  const { code, data } = readValue(bytes, outcome) as { code?: unknown; data?: unknown };
  return code === VERSION_UNSUPPORTED && isObject(data) && listOf(data.supported).includes(revision);
}
const VERSION_UNSUPPORTED = -32022;

/** Undefined when the refusal says "legacy"; throws when it says nothing about eras. */
async function askDiscover(parts: HandshakeParts, revision: Revision, end: AskEnd): Promise<Message | undefined> {
  const { offer } = parts;
  const meta = `"${META}protocolVersion":"${revision}","${META}clientInfo":${offer.info},"${META}clientCapabilities":{}`;
  const headers = codecOf(revision).requestHeaders('server/discover', undefined);
  try {
    return (await parts.ask('server/discover', `{"_meta":{${meta}}}`, { headers, ...end })).message;
  } catch (thrown) {
    if (thrown instanceof GatewayError && refusesOpening(thrown)) return undefined;
    throw thrown;
  }
}

/** Whether a server says that it does not know this way to begin. A hiccup (5xx, 429) says nothing about eras. */
export function refusesOpening(error: GatewayError): boolean {
  if (error.code === 'upstream_invalid' || error.code === 'upstream_session') return true;
  if (error.code !== 'upstream_refused') return false;
  const { status, error: answered } = error.internal;
  return answered !== undefined || (typeof status === 'number' && status >= 400 && status < 500 && status !== 429);
}

async function initialize(parts: HandshakeParts, end: AskEnd = {}): Promise<Handshake> {
  const wanted = parts.known ?? NEWEST_SESSIONFUL;
  const params = `{"protocolVersion":"${wanted}","capabilities":${parts.offer.capabilities},"clientInfo":${parts.offer.info}}`;
  const { message, sessionId } = await parts.ask('initialize', params, end);
  if (message.kind !== 'result' || !message.outcome) {
    const error = message.outcome ? readValue(message.bytes, message.outcome) : undefined;
    throw new GatewayError('upstream_refused', { internal: { method: 'initialize', error: error ?? 'no result' } });
  }
  const result = readValue(message.bytes, message.outcome) as Record<string, unknown>;
  const revision = result.protocolVersion;
  if (typeof revision !== 'string' || !isRevision(revision) || !SESSIONFUL.includes(revision)) {
    throw new GatewayError('upstream_invalid', { internal: { protocolVersion: revision } });
  }
  return handshakeOf(result, { revision, serverInfo: result.serverInfo, sessionId });
}

function handshakeOf(
  result: Record<string, unknown>,
  rest: { revision: Revision; serverInfo: unknown; sessionId: string | undefined },
): Handshake {
  const { capabilities, instructions } = result;
  return {
    revision: rest.revision,
    capabilities: isObject(capabilities) ? capabilities : {},
    serverInfo: infoText(rest.serverInfo),
    instructions: typeof instructions === 'string' ? instructions.slice(0, INSTRUCTIONS_LENGTH_MAX) : undefined,
    sessionId: rest.sessionId,
  };
}

/** Copied into every result of this server, so it is bounded; icons go before the name does. */
function infoText(info: unknown): string {
  const text = JSON.stringify(isObject(info) ? info : { name: 'unknown', version: '0' });
  if (!isObject(info) || text.length <= INFO_LENGTH_MAX) return text;
  return JSON.stringify({ name: String(info.name).slice(0, 256), version: String(info.version).slice(0, 256) });
}
const INFO_LENGTH_MAX = 16_384;
const INSTRUCTIONS_LENGTH_MAX = 65_536;

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
