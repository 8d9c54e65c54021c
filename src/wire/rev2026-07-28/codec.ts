/*
 * Revision 2026-07-28: no session. Each request says its version, its client and the client's capabilities in `_meta`,
 * HTTP headers mirror what a gateway may route by, and every result says what type it is.
 */
import type { ClientFacts } from '../../model/call.ts';
import { ERRORS, type ErrorCode } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import {
  type About,
  type AnswerSource,
  CACHEABLE,
  type Codec,
  errorCodeEdits,
  META,
  notificationText,
  REQUEST_META,
} from '../codec.ts';
import { memberOf } from '../json/members.ts';
import { type Edit, insertMembers, removeMembers } from '../json/splice.ts';
import { encodeHeaderValue } from './headers.ts';

const REVISION = '2026-07-28';
const NOTHING: readonly Edit[] = [];

function statusOf(code: ErrorCode): number {
  return ERRORS[code].http;
}

/** The envelope of General fields › `_meta`, when the client's request does not bring one itself. */
function requestEdits(message: Message, client: ClientFacts): readonly Edit[] {
  const { bytes, params } = message;
  if (params?.meta && memberOf(bytes, params.meta, `${META}protocolVersion`)) return NOTHING;
  const envelope = envelopeOf(client);
  if (!params) {
    const open = bytes.indexOf(0x7b) + 1;
    return [{ start: open, end: open, put: `"params":{"_meta":{${envelope}}},` }];
  }
  if (!params.meta) return [insertMembers(bytes, params.self, `"_meta":{${envelope}}`)];
  const stale = removeMembers(bytes, params.meta, REQUEST_META);
  if (stale.length === 0) return [insertMembers(bytes, params.meta, envelope)];
  return [{ start: params.meta.start, end: params.meta.end, put: mergedMeta(bytes, params.meta, client) }];
}

/** Reserved keys without the version are no envelope: ours replace them, foreign keys stay. */
function mergedMeta(bytes: Buffer, meta: { start: number; end: number }, client: ClientFacts): string {
  const given = JSON.parse(bytes.toString('utf8', meta.start, meta.end)) as Record<string, unknown>;
  for (const key of REQUEST_META) delete given[key];
  const rest = JSON.stringify(given).slice(1, -1);
  return `{${envelopeOf(client)}${rest === '' ? '' : `,${rest}`}}`;
}

function envelopeOf(client: ClientFacts): string {
  let text = `"${META}protocolVersion":"${REVISION}","${META}clientCapabilities":${client.capabilities}`;
  if (client.info !== undefined) text += `,"${META}clientInfo":${client.info}`;
  if (client.logLevel !== undefined) text += `,"${META}logLevel":${JSON.stringify(client.logLevel)}`;
  return text;
}

/** Streamable HTTP › Request Metadata. */
function requestHeaders(method: string, name: string | undefined): readonly string[] {
  const headers = ['mcp-protocol-version', REVISION, 'mcp-method', method];
  if (name !== undefined) headers.push('mcp-name', encodeHeaderValue(name));
  return headers;
}

/** Gives an older server's result what this revision requires: a type, cache fields (ask again, for you only), identity. */
function answerEdits(answer: Message, method: string, from: AnswerSource): readonly Edit[] {
  if (from.codec.era === 'modern' || !answer.outcome) return NOTHING;
  if (answer.kind === 'error') return errorCodeEdits(answer, OLD_ERRORS);
  const { bytes, outcome } = answer;
  let missing = '"resultType":"complete"';
  if (CACHEABLE.has(method)) missing += ',"ttlMs":0,"cacheScope":"private"';
  const edits: Edit[] = [...removeMembers(bytes, outcome, ['resultType', 'ttlMs', 'cacheScope'])];
  const identity = `"${META}serverInfo":${from.serverInfo}`;
  const meta = memberOf(bytes, outcome, '_meta');
  if (!meta) missing += `,"_meta":{${identity}}`;
  else if (bytes[meta.value.start] === 0x7b && !memberOf(bytes, meta.value, `${META}serverInfo`)) {
    edits.push(insertMembers(bytes, meta.value, identity));
  }
  if (edits.some((edit) => edit.put === '')) return [rebuilt(bytes, outcome, missing)];
  return [insertMembers(bytes, outcome, missing), ...edits].sort((a, b) => a.start - b.start);
}

function ownResult(members: string, about: About): string {
  let text = '"resultType":"complete"';
  if (about.cache) text += `,"ttlMs":${about.cache.ttlMs},"cacheScope":"${about.cache.scope}"`;
  const meta = `${about.meta === undefined ? '' : `${about.meta},`}"${META}serverInfo":${about.serverInfo}`;
  return `{${text},${members}${members === '' ? '' : ','}"_meta":{${meta}}}`;
}

/** Codes that a sender of this revision must not use (Resources › Error Handling; URL elicitation of 2025-11-25). */
const OLD_ERRORS = new Map([
  [-32002, -32602],
  [-32042, -31020],
]);

/** An old server that by chance uses our field names: rare enough to be rebuilt instead of cut. */
function rebuilt(bytes: Buffer, outcome: { start: number; end: number }, missing: string): Edit {
  const given = JSON.parse(bytes.toString('utf8', outcome.start, outcome.end)) as Record<string, unknown>;
  for (const key of ['resultType', 'ttlMs', 'cacheScope']) delete given[key];
  const rest = JSON.stringify(given).slice(1, -1);
  return { start: outcome.start, end: outcome.end, put: `{${missing}${rest === '' ? '' : `,${rest}`}}` };
}

/** On HTTP closing the stream is the cancellation; on stdio the notice is (stdio › Cancellation). */
function cancelNotice(id: number, how: 'stream' | 'pipe'): Buffer | undefined {
  if (how === 'stream') return undefined;
  return Buffer.from(notificationText('notifications/cancelled', `{"requestId":${id}}`));
}

export const codec20260728: Codec = {
  revision: REVISION,
  era: 'modern',
  requests: new Set([
    'server/discover',
    'tools/list',
    'tools/call',
    'prompts/list',
    'prompts/get',
    'resources/list',
    'resources/templates/list',
    'resources/read',
    'completion/complete',
    'subscriptions/listen',
  ]),
  notifications: new Set(['notifications/cancelled']),
  questions: new Set(),
  batches: false,
  mirrorsParams: true,
  disconnectCancels: true,
  statusOf,
  requestEdits,
  requestHeaders,
  answerEdits,
  ownResult,
  answerRefused: () => undefined,
  cancelNotice,
};
