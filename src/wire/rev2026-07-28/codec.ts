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
  errorCodeOf,
  META,
  notificationText,
  REQUEST_META,
} from '../codec.ts';
import { memberOf } from '../json/members.ts';
import { type Edit, insertMembers, replaceMembers } from '../json/splice.ts';
import { TASK_METHODS } from '../task-ids.ts';
import { encodeHeaderValue } from './headers.ts';

const REVISION = '2026-07-28';
const NOTHING: readonly Edit[] = [];

function statusOf(code: ErrorCode): number {
  return ERRORS[code].http;
}

/** A status that means something stays; a server on a pipe, which has none, gets the one its code demands. */
function errorStatus(error: Message, status: number): number {
  return status === 400 || status === 404 ? status : (STATUS_OF_CODE.get(errorCodeOf(error)) ?? 200);
}

/** Streamable HTTP › Request Metadata and Server Validation; Versioning; Capabilities. */
const STATUS_OF_CODE: ReadonlyMap<number, number> = new Map([
  [-32020, 400],
  [-32021, 400],
  [-32022, 400],
  [-32601, 404],
]);

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
  if (bytes[params.meta.start] !== 0x7b) return [{ ...params.meta, put: `{${envelope}}` }];
  // Reserved keys without the version are no envelope: ours replace them, foreign keys stay.
  return replaceMembers(bytes, params.meta, REQUEST_META, envelope);
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
  const edits: Edit[] = [];
  const identity = `"${META}serverInfo":${from.serverInfo}`;
  const meta = memberOf(bytes, outcome, '_meta');
  if (!meta) missing += `,"_meta":{${identity}}`;
  else if (bytes[meta.value.start] === 0x7b && !memberOf(bytes, meta.value, `${META}serverInfo`)) {
    edits.push(insertMembers(bytes, meta.value, identity));
  }
  // An older server may use our names by chance, and means something else by them.
  edits.push(...replaceMembers(bytes, outcome, ['resultType', 'ttlMs', 'cacheScope'], missing));
  return edits.sort((a, b) => a.start - b.start);
}

function ownResult(members: string, about: About): string {
  let text = `"resultType":"${about.resultType ?? 'complete'}"`;
  if (about.cache) text += `,"ttlMs":${about.cache.ttlMs},"cacheScope":"${about.cache.scope}"`;
  const meta = `${about.meta === undefined ? '' : `${about.meta},`}"${META}serverInfo":${about.serverInfo}`;
  return `{${text},${members}${members === '' ? '' : ','}"_meta":{${meta}}}`;
}

/** Codes that a sender of this revision must not use (Resources › Error Handling; URL elicitation of 2025-11-25). */
const OLD_ERRORS = new Map([
  [-32002, -32602],
  [-32042, -31020],
]);

/** On HTTP closing the stream is the cancellation; on stdio the notice is (stdio › Cancellation). */
function cancelNotice(id: number, how: 'stream' | 'pipe'): Buffer | undefined {
  if (how === 'stream') return undefined;
  return Buffer.from(notificationText('notifications/cancelled', `{"requestId":${id}}`));
}

export const codec20260728: Codec = {
  revision: REVISION,
  era: 'modern',
  asks: 'results',
  outputs: 'anything',
  cacheHints: true,
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
    ...TASK_METHODS,
  ]),
  notifications: new Set(['notifications/cancelled']),
  questions: new Set(),
  askable: { elicitation: ['form', 'url'], sampling: ['context', 'tools'], roots: [] },
  batches: false,
  mirrorsParams: true,
  disconnectCancels: true,
  errorStatus,
  statusOf,
  requestEdits,
  requestHeaders,
  answerEdits,
  ownResult,
  unreadable: () => undefined,
  cancelNotice,
};
